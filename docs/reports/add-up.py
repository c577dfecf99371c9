#!/usr/bin/env python3
"""Adds the figures of a report up from the observations alone.

    outwatch report --format json -o report.json …            (of the period)
    outwatch export -o observations.ndjson                    (all there are)
    python3 add-up.py report.json observations.ndjson

Written from the rules of docs/ and the "method" of the report, not from the program: labels, windows
with their bounds, times in each state, uptime, causes, latency, the votes of platforms and services,
the worst windows, and what an agreement makes of a month. Says what it compared, and ends with 1 if
anything differs. It knows one configuration throughout, and none of: annotations, removed probes.
"""

import json
import sys
from datetime import datetime, timezone
from fractions import Fraction

DIFFERENCES = []
COMPARED = 0


def ms(text):
    if text is None:
        return None
    at = datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=timezone.utc)
    return round(at.timestamp() * 1000)


def same(what, reported, added, tolerance=0):
    global COMPARED
    COMPARED += 1
    if reported is None or added is None:
        differs = reported is not added
    else:
        differs = abs(reported - added) > tolerance if tolerance else reported != added
    if differs:
        DIFFERENCES.append(f"{what}: the report has {reported}, added up it is {added}")


def cut_percent(part, whole):
    """In percent, cut to three decimals; never 0 of something."""
    if whole <= 0:
        return None
    part = min(max(part, 0), whole)
    thousandths = part * 100_000 // whole
    return (max(thousandths, 1) if part > 0 else 0) / 1000


# sets of instants, as sorted lists of half-open stretches


def union(stretches):
    merged = []
    for a, b in sorted(s for s in stretches if s[0] < s[1]):
        if merged and a <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], b))
        else:
            merged.append((a, b))
    return merged


def clip(stretches, a, b):
    return union((max(a, x), min(b, y)) for x, y in stretches)


def both(some, others):
    return union((max(a, x), min(b, y)) for a, b in some for x, y in others)


def without(some, others):
    rest = []
    for a, b in union(some):
        for x, y in union(others):
            if y <= a or b <= x:
                continue
            if a < x:
                rest.append((a, x))
            a = max(a, y)
        if a < b:
            rest.append((a, b))
    return union(rest)


def length(stretches):
    return sum(b - a for a, b in stretches)


# observations to labels


def labels(seen, contrary, n, m, grace):
    """Of (ts, outcome) the state that each is labelled with: up, down, or None for unknown."""
    out = [None] * len(seen)
    state, run = None, []
    for i, (ts, outcome) in enumerate(seen):
        if i and ts - seen[i - 1][0] > grace:
            for j in run:
                out[j] = state
            run = []
        bad = outcome in contrary
        if state == "down":
            if bad:
                for j in run + [i]:
                    out[j] = "down"
                run = []
            else:
                run.append(i)
                if len(run) == m:
                    for j in run:
                        out[j] = "up"
                    state, run = "up", []
        elif bad:
            run.append(i)
            if len(run) == n:
                for j in run:
                    out[j] = "down"
                state, run = "down", []
        else:
            for j in run + [i]:
                out[j] = "up"
            state, run = "up", []
    for j in run:
        out[j] = state
    # what was seen between two gaps after an outage, if it was no failure nor enough for a recovery
    for a, b in chunks(seen, grace):
        part = range(a, b)
        if all(out[i] == "down" and seen[i][1] not in contrary for i in part):
            for i in part:
                out[i] = None
    return out


def chunks(seen, grace):
    start = 0
    for i in range(1, len(seen) + 1):
        if i == len(seen) or seen[i][0] - seen[i - 1][0] > grace:
            yield start, i
            start = i


def spans(seen, out, label, interval, grace, now):
    """Where the label holds."""
    found = []
    for i, (ts, _) in enumerate(seen):
        if out[i] != label:
            continue
        following = seen[i + 1][0] if i + 1 < len(seen) else None
        if following is not None and following - ts <= grace:
            found.append((ts, following))
        elif following is None and now - ts <= grace:
            found.append((ts, now))
        else:
            end = following if following is not None else now
            found.append((ts, min(ts + interval, end)))
    return union(found)


WORST = {"ok": 0, "slow": 1, "fail": 2}


class Probe:
    def __init__(self, told, observations, period, now, created):
        p = told["parameters"]
        self.told = told
        interval, grace = p["interval_ms"], p["grace_ms"]
        n, m = p["failure_threshold"], p["recovery_threshold"]
        by_ts = {}
        for o in observations:
            if o["outcome"] == "inconclusive" or o.get("set_aside"):
                continue
            ts = ms(o["ts"])
            if ts <= now and (ts not in by_ts or WORST[o["outcome"]] > WORST[by_ts[ts]]):
                by_ts[ts] = o["outcome"]
        seen = sorted(by_ts.items())
        self.seen = seen
        created = min([created] + [seen[0][0]] if seen else [created])
        self.covered = [(created, now)]
        out = labels(seen, {"fail"}, n, m, grace)
        up = spans(seen, out, "up", interval, grace, now)
        down = spans(seen, out, "down", interval, grace, now)
        self.unknown = without(self.covered, up + down)
        self.windows = self.bounds(down, seen, out)
        slow = labels(seen, {"fail", "slow"}, n, m, grace)
        degraded = spans(seen, slow, "down", interval, grace, now)
        self.degraded = union(degraded + self.flapping(seen, p, grace))
        self.maintenance = []
        self.certain = union((w["start"], w["end_earliest"]) for w in self.windows)
        self.possible = union(
            (
                created if w["start_earliest"] is None else w["start_earliest"],
                now if w["end_latest"] is None else w["end_latest"],
            )
            for w in self.windows
        )

    @staticmethod
    def bounds(down, seen, out):
        windows = []
        for a, b in down:
            inside = [i for i, (ts, _) in enumerate(seen) if a <= ts < b]
            before = [i for i in range(inside[0]) if out[i] is not None]
            ok_before = [i for i in range(inside[0]) if seen[i][1] != "fail"]
            failures = [i for i in inside if seen[i][1] == "fail"]
            after = [i for i in range(inside[-1] + 1, len(seen)) if out[i] is not None]
            if before and out[before[-1]] == "down":
                earliest = seen[before[-1]][0]
            else:
                earliest = seen[ok_before[-1]][0] if ok_before else None
            windows.append(
                {
                    "start": a,
                    "end": b,
                    "start_earliest": earliest,
                    "end_earliest": seen[failures[-1]][0] if failures else a,
                    "end_latest": seen[after[0]][0] if after else None,
                    "failures": len(failures),
                }
            )
        return windows

    @staticmethod
    def flapping(seen, p, grace):
        found, of, enough = [], p["flap_of"], p["flap_failures"]
        for a, b in chunks(seen, grace):
            for end in range(a + 1, b + 1):
                start = max(a, end - of)
                failing = [i for i in range(start, end) if seen[i][1] == "fail"]
                if len(failing) >= enough:
                    found.append((seen[failing[0]][0], seen[failing[-1]][0]))
        return union(found)

    def windows_set(self):
        return union((w["start"], w["end"]) for w in self.windows)


def partition(covered, maintenance, unknown, down, degraded, a, b):
    """The five states inside [a, b), maintenance first."""
    covered = clip(covered, a, b)
    maintenance = both(covered, clip(maintenance, a, b))
    rest = without(covered, maintenance)
    unknown = both(rest, unknown)
    rest = without(rest, unknown)
    down = both(rest, down)
    rest = without(rest, down)
    degraded = both(rest, degraded)
    up = without(rest, degraded)
    return {"up": up, "degraded": degraded, "down": down, "unknown": unknown, "maintenance": maintenance}


def compare_totals(what, totals, parts, certain, possible):
    for state, stretches in parts.items():
        same(f"{what} {state}", totals[f"{state}_ms"], length(stretches))
    observed = union(parts["up"] + parts["degraded"] + parts["down"])
    seen, down = length(observed), length(parts["down"])
    least, most = length(both(certain, observed)), length(both(possible, observed))
    same(f"{what} least down", totals["down_min_ms"], least)
    same(f"{what} most down", totals["down_max_ms"], most)
    same(f"{what} uptime", totals["uptime_percent"], cut_percent(seen - down, seen))
    same(f"{what} lowest uptime", totals["uptime_low_percent"], cut_percent(seen - most, seen))
    least = max(least, min(down, 1))
    same(f"{what} highest uptime", totals["uptime_high_percent"], cut_percent(seen - least, seen))
    whole = sum(length(part) for part in parts.values())
    coverage = cut_percent(seen, whole - length(parts["maintenance"]))
    same(f"{what} coverage", totals["coverage_percent"], coverage)
    all_of_it = whole + totals["not_configured_ms"]
    same(f"{what} times in all", totals["period_ms"], all_of_it)


def compare_worst(what, points, down):
    """The most time down that any window of each length holds: one begins or ends with a stretch."""
    for point in points:
        a, b, w = ms(point["from"]), ms(point["to"]), point["length_ms"]
        same(f"{what} worst window of {w} ms", point["down_ms"], length(clip(down, a, b)))
        starts = [x for x, _ in down] + [y - w for _, y in down]
        lo, hi = PERIOD[0], PERIOD[1] - w
        best = max((length(clip(down, s, s + w)) for s in (min(max(s, lo), hi) for s in starts)), default=0)
        same(f"{what} most down in {w} ms", point["down_ms"], best)
        percent = cut_percent(w - best, w)
        same(f"{what} availability of {w} ms", point["availability_percent"], percent)


def vote(members, policy, a, b):
    """What members make of each instant: (covered, states)."""
    cuts = {a, b}
    for m in members:
        for stretches in m.values():
            cuts.update(x for s in clip(stretches, a, b) for x in s)
    cuts = sorted(cuts)
    states = {s: [] for s in ("up", "degraded", "down", "unknown", "maintenance")}

    def inside(stretches, t):
        return any(x <= t < y for x, y in stretches)

    for x, y in zip(cuts, cuts[1:]):
        now = [next((s for s in states if inside(m[s], x)), None) for m in members]
        there = [s for s in now if s is not None]
        if not there:
            # before its first observation a member is unknown; before any exists there is nothing
            continue
        voters = [s for s in now if s not in ("maintenance", None)]
        if not voters:
            states["maintenance"].append((x, y))
            continue
        k = needed(policy, len(voters))
        d, u = voters.count("down"), voters.count("unknown")
        if d >= k:
            state = "down"
        elif d + u < k:
            state = "degraded" if d or "degraded" in voters else "up"
        else:
            state = "unknown"
        states[state].append((x, y))
    return {s: union(stretches) for s, stretches in states.items()}


def needed(policy, voters):
    if policy == "any":
        return 1
    if policy == "all":
        return voters
    if policy.endswith("%"):
        return max(1, -(-voters * int(policy[:-1]) // 100))
    return min(int(policy), voters)


def agreement(what, terms, settlement, down, maintenance):
    a, b = ms(settlement["month"]["from"]), ms(settlement["month"]["to"])
    minute = 60_000
    excluded = [] if terms["maintenance_counts"] else maintenance
    whole = b - a - length(clip(excluded, a, b))
    counted, short, time = 0, 0, 0
    for x, y in down:
        lasted = length(without([(x, y)], excluded))
        inside = length(without(clip([(x, y)], a, b), excluded))
        if inside == 0:
            continue
        if lasted < terms["outage_min_ms"]:
            short += 1
            continue
        counted += 1
        if terms["partial_minutes"] == "dropped":
            inside -= inside % minute
        elif terms["partial_minutes"] == "counted":
            inside += -inside % minute
        time += inside
    reported = settlement["reported"]
    same(f"{what} downtime", reported["down_ms"], min(time, whole))
    same(f"{what} outages", reported["outages_counted"], counted)
    same(f"{what} outages too short", reported["outages_too_short"], short)
    up = Fraction(whole - min(time, whole), whole)
    credit = 0
    for tier in terms["credits"]:
        if up < Fraction(round(tier["below_percent"] * 1000), 100_000):
            credit = tier["credit_percent"]
    same(f"{what} credit", reported["credit_percent"], credit)


def latency(what, told, durations):
    total = next((p for p in told["latency"] if p["part"] == "total"), None)
    if not durations:
        same(f"{what} answers", total, None)
        return
    durations = sorted(durations)
    same(f"{what} answers", total["count"], len(durations))
    for name, quantile in (("min", 0), ("median", 500), ("p95", 950), ("p99", 990), ("max", 1000)):
        rank = max(1, -(-len(durations) * quantile // 1000))
        exact = durations[rank - 1]
        # percentiles come from buckets
        tolerance = 2 if name in ("min", "max") else max(2, exact / 64)
        same(f"{what} {name}", total[f"{name}_us"], exact, tolerance)


def main(report, observations):
    global PERIOD
    with open(report) as file:
        report = json.load(file)
    PERIOD = a, b = ms(report["from"]), ms(report["to"])
    now = ms(report["generated_at"])
    of = {}
    with open(observations) as file:
        for line in file:
            o = json.loads(line)
            of.setdefault(o["probe_id"], []).append(o)
    for declared in report["maintenance"]:
        declared["set"] = [(ms(s["from"]), ms(s["to"])) for s in declared["stretches"]]
    for service in report["services"]:
        platforms = []
        for platform in service["platforms"]:
            members = []
            for told in platform["probes"]:
                name = told["probe_id"]
                mine = of.get(name, [])
                created = a + told["totals"]["not_configured_ms"]
                probe = Probe(told, mine, (a, b), now, created)
                subjects = {name, f"{service['service']}/{platform['platform']}", service["service"]}
                probe.maintenance = union(
                    s for d in report["maintenance"] if d["subject"] in subjects for s in d["set"]
                )
                compare_probe(name, told, probe, mine, a, b)
                members.append(
                    partition(
                        probe.covered, probe.maintenance, probe.unknown, probe.windows_set(), probe.degraded, a, b
                    )
                )
            policy = platform["policies"][-1]["down_when"]
            whole = vote(members, policy, a, b)
            subject = f"{service['service']}/{platform['platform']}"
            compare_whole(subject, platform, whole)
            platforms.append(whole)
        whole = vote(platforms, service["policies"][-1]["down_when"], a, b)
        compare_whole(service["service"], service, whole)
    for line in DIFFERENCES:
        print(line)
    print(f"{COMPARED} figures compared, {len(DIFFERENCES)} differ")
    return 1 if DIFFERENCES or not COMPARED else 0


def compare_probe(name, told, probe, observations, a, b):
    parts = partition(probe.covered, probe.maintenance, probe.unknown, probe.windows_set(), probe.degraded, a, b)
    compare_totals(name, told["totals"], parts, probe.certain, probe.possible)
    inside = [w for w in probe.windows if w["start"] < b and a < w["end"]]
    same(f"{name} outages", len(told["outages"]), len(inside))
    for window, mine in zip(told["outages"], inside):
        what = f"{name} outage of {window['started_at']}"
        same(f"{what} start", ms(window["started_at"]), mine["start"])
        if window["state"] == "closed":
            same(f"{what} end", ms(window["ended_at"]), mine["end"])
        for bound in ("start_earliest", "end_earliest", "end_latest"):
            same(f"{what} {bound}", ms(window[bound]), mine[bound])
        same(f"{what} failures", window["failures"], mine["failures"])
        same(f"{what} duration", window["duration_ms"], mine["end"] - mine["start"])
    there = [o for o in observations if a <= ms(o["ts"]) < b and not o.get("set_aside")]
    tally = told["totals"]["observations"]
    for outcome in ("ok", "slow", "fail", "inconclusive"):
        same(f"{name} {outcome}", tally[outcome], sum(o["outcome"] == outcome for o in there))
    causes, pairs = {}, {}
    for o in there:
        if o["outcome"] == "fail":
            causes[o["cause"]] = causes.get(o["cause"], 0) + 1
            pair = (o["cause"], o["phase"])
            pairs[pair] = pairs.get(pair, 0) + 1
    for cause in set(causes) | set(tally["causes"]):
        same(f"{name} cause {cause}", tally["causes"].get(cause), causes.get(cause))
    reported = {(f["cause"], f["phase"]): f["count"] for f in told["measured"]["failures"]}
    for pair in set(pairs) | set(reported):
        same(f"{name} failures {pair}", reported.get(pair), pairs.get(pair))
    answers = [o["duration_ms"] * 1000 for o in there if o["outcome"] in ("ok", "slow") and o["duration_ms"] is not None]
    latency(name, told["measured"], answers)
    compare_worst(name, told["windowed"], parts["down"])
    days = told["days"]
    for state in parts:
        same(f"{name} {state} of all days", sum(d[f"{state}_ms"] for d in days), length(parts[state]))


def compare_whole(subject, told, parts):
    own = told["own"]
    for state, stretches in parts.items():
        same(f"{subject} {state}", own[f"{state}_ms"], length(stretches))
    same(f"{subject} outages", len(own["windows"]), len(parts["down"]))
    for window, (x, y) in zip(own["windows"], parts["down"]):
        same(f"{subject} outage start", ms(window["started_at"]), x)
        if window["state"] == "closed":
            same(f"{subject} outage end", ms(window["ended_at"]), y)
    compare_worst(subject, own["windowed"], parts["down"])
    for terms in told["agreements"]:
        for settlement in terms["settlements"]:
            if terms["down_when"] is None:
                agreement(f"{subject} {terms['name']}", terms, settlement, parts["down"], parts["maintenance"])
    for objective in told["objectives"]:
        last = objective["kept"][-1]
        if ms(last["span"]["from"]) <= PERIOD[0] and ms(last["until"]) == PERIOD[1]:
            bad = length(parts["down"])
            if objective["degraded_counts"]:
                bad += length(parts["degraded"])
            same(f"{subject} {objective['name']} spent", last["spent"]["reported_ms"], bad)


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    sys.exit(main(*sys.argv[1:]))
