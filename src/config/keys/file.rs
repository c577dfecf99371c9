//! The file itself, its platforms, their endpoints, and the steps of a journey.

use super::Shape;
use super::Shape::{
    Between, Def, Length, Like, ListOf, MapLike, Name, Nothing, On, OneOf, Text, True, Whole, Words,
};
use super::keys;
use super::patterns::{CRON, HEADER_NAME, ID, STEP_URL, URL, VARIABLE, WHEN, ZONE};
use super::promises::PROMISES_MAX;
use super::reports::REPORTS_MAX;

/// When members make down what they are part of.
pub(super) const POLICY: Shape = OneOf(&[Words(&["any", "all"]), Def("quorum"), Def("down_when")]);

const WEIGHT_SHAPE: Shape = Between(0, 1000);

/// One or several.
const SLO_SHAPE: Shape = OneOf(&[Nothing, Def("slo"), ListOf(PROMISES_MAX, &Def("slo"))]);
const SLA_SHAPE: Shape = OneOf(&[Nothing, Def("sla"), ListOf(PROMISES_MAX, &Def("sla"))]);
const REPORTS_SHAPE: Shape = OneOf(&[Nothing, Def("report"), ListOf(REPORTS_MAX, &Def("report"))]);

/// One-off and recurring.
const MAINTENANCE_SHAPE: Shape = Def("maintenance");

keys! {
    /// Of a file.
    FILE;
    "service": Name, ["Spotify"],
        "The service, as reports call it. Without it, the file's name without its ending.";
    "defaults": Def("settings"), ["{ interval: 30s, expect: { status: 200 } }"],
        "Settings for every endpoint of the file. A platform's go before them, and an endpoint's before those.";
    "platforms": Def("platforms"), ["{ web: [https://play.example/] }"],
        "The name of a platform → its endpoints. Any name will do; desktop, mobile and web bring a profile of headers (see user_agent).";
    "controls" = "off": OneOf(&[On, Nothing, ListOf(20, &Def("control")), Def("controls")]),
        ["on", "[https://1.1.1.1/, https://www.example.org/]", "{ endpoints: on, quorum: 2, timeout: 2s }"],
        "Endpoints of others that are asked when probes of this file fail: if they do not answer either, it is us, and the failures count for nothing. on asks a few that are built in.";
    "storage": OneOf(&[Nothing, Def("storage")]), ["{ durability: normal }"],
        "How what is observed is stored, of all files together: what several say has to be the same.";
    "reports": REPORTS_SHAPE, ["{ every: month, formats: [html, pdf], folder: reports }"],
        "Reports that the daemon writes by itself once a month or a week is over, of all files together.";
    "slo": SLO_SHAPE, ["{ target: 99.9% }", "[{ name: strict, target: 99.95%, over: 30d }]"],
        "Objectives for the service: how much of the time it is to be up.";
    "sla": SLA_SHAPE, ["{ credits: [{ below: 99.9%, credit: 10% }] }"],
        "Agreements about the service: what of an outage counts, and what credit is due.";
    "down_when" = "any": POLICY, ["all", "50%", "{ quorum: 50% }"],
        "How many platforms must be down for the service to be down: any one, all, so many as in 2, or this share of them.";
    "merge_gap" = "10m": Length, ["30m"],
        "Longest pause between outages of the service that still makes them one incident.";
    "maintenance": MAINTENANCE_SHAPE, ["[{ from: 2026-12-01T02:00:00Z, duration: 2h }]"],
        "When the whole service is maintained: time that counts neither as up nor as down.";
}

keys! {
    /// Of controls that are a map.
    CONTROLS;
    "endpoints": OneOf(&[On, ListOf(20, &Def("control"))]), ["on", "[https://1.1.1.1/]"],
        "What is asked, or on for what is built in. A control is an endpoint, and any answer is a good one unless it has an expect of its own.";
    "quorum" = "1": Whole(1, 1000), ["1"],
        "So many must answer for us to be online. At most as many as there are.";
    "timeout" = "3s": Length, ["2s"],
        "How long each may take, unless it has a timeout of its own. At most 10s.";
}

keys! {
    /// Of a platform that is a map; all settings may stand beside them.
    PLATFORM;
    "endpoints": ListOf(u64::MAX, &Def("endpoint")), ["[https://play.example/]"],
        "The endpoints of the platform, at least one.";
    "slo": SLO_SHAPE, ["{ target: 99.9% }"],
        "Objectives for the platform.";
    "sla": SLA_SHAPE, ["{ credits: [{ below: 99.9%, credit: 10% }] }"],
        "Agreements about the platform.";
    "down_when" = "any": POLICY, ["all", "50%", "{ quorum: 50% }"],
        "How many endpoints must be down for the platform to be down: any one, all, so many as in 2, or this share of them.";
    "weight" = "1": WEIGHT_SHAPE, ["0.5"],
        "How much the platform matters in the weighted downtime of the service: 0 to 1000.";
    "maintenance": MAINTENANCE_SHAPE, ["[{ cron: 0 3 * * SUN, duration: 2h }]"],
        "When the platform is maintained, besides what the file says of the whole service.";
}

keys! {
    /// Of an endpoint that is a map; all settings may stand beside them.
    ENDPOINT;
    "name": Name, ["login"],
        "The endpoint, as reports call it, and part of its id. Without it, host, port and path of the URL.";
    "url": Like(&URL), ["https://play.example/"],
        "What is asked: http:// or https://, with a host. Of a journey, where relative URLs of its steps start.";
    "id": Like(&ID), ["spotify/web/player"],
        "The identity of the probe, which its history hangs on. Write one to rename an endpoint and keep its history. Without it, service/platform/endpoint in slug form.";
    "steps": ListOf(50, &Def("step")),
        ["[{ name: log in, url: 'https://play.example/login', body: { form: { user: probe } }, capture: { token: $.token } }, { name: play, url: 'https://play.example/me', auth: { bearer: '{{token}}' } }]"],
        "A journey: requests one after the other, which share cookies and captured values. The first that fails decides; after it only steps with `always: true` run.";
    "weight" = "1": WEIGHT_SHAPE, ["0.5"],
        "How much the endpoint matters in the weighted downtime of its platform: 0 to 1000.";
    "maintenance": MAINTENANCE_SHAPE, ["[{ cron: 0 3 * * SUN, duration: 2h }]"],
        "When the endpoint is maintained, besides what its platform and the file say.";
}

keys! {
    /// Of a step of a journey; the settings of requests and expectations may stand beside them.
    STEP;
    "name": Name, ["log in"],
        "The step, as failures are told. No two steps of a journey have the same.";
    "url": Like(&STEP_URL), ["https://play.example/login"],
        "What the step asks: a whole URL, or one relative to the endpoint's. Without it, the endpoint's. Captured values are filled in: /playlists/{{id}}.";
    "capture": MapLike(&VARIABLE, &OneOf(&[Def("json_path"), Def("capture")])),
        ["{ token: $.access_token, sid: { cookie: session } }"],
        "Values of the answer that later steps use as {{name}}: name → where it is found. Each must be found, or the step fails.";
    "always" = "false": True, ["true"],
        "Whether the step runs even if one before it failed, to clean up.";
}

keys! {
    /// Where a captured value is found: one of them.
    CAPTURE;
    "json": Def("json_path"), ["$.access_token"],
        "The one value that this JSONPath finds in the body.";
    "header": Like(&HEADER_NAME), ["ETag"],
        "The first header of this name.";
    "cookie": Text, ["session"],
        "The cookie of this name that is held for the URL that answered.";
    "matches": Text, ["'csrf=\"(\\w+)\"'"],
        "The first group of this regular expression in the body, or all that it matches.";
}

keys! {
    /// A stretch of maintenance.
    MAINTENANCE;
    "from": Like(&WHEN), ["2026-12-01T02:00:00Z", "2026-12-01T02:00+01:00"],
        "Where it begins, if it comes once: RFC 3339 with an offset, or the local time of `timezone`.";
    "to": Like(&WHEN), ["2026-12-01T04:00:00Z"],
        "Where it ends, written in the same ways; or say its `duration`.";
    "duration": Length, ["2h"],
        "How long it takes, in real time.";
    "cron": Like(&CRON), ["0 3 * * SUN", "'@daily'"],
        "When it begins, again and again: minute, hour, day of the month, month, day of the week, as in crontab(5).";
    "timezone": Like(&ZONE), ["Europe/Berlin"],
        "Whose clocks `cron` and local times go by: a name of the IANA database. Without it, `cron` goes by UTC.";
    "note": Text, ["database upgrade"],
        "What it is for, in one line: shown in reports.";
}

keys! {
    /// When members make down what they are part of, at length.
    DOWN_WHEN;
    "quorum": Def("quorum"), ["50%"],
        "So many of them, or this share of them.";
}
