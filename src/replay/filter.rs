//! Which probes are told of.

use std::collections::BTreeSet;

use super::BadUsage;
use crate::domain::probe::{Name, Probe, ProbeId};

/// Most known names that an error lists.
const KNOWN_MAX: usize = 12;

/// By names, as people write them or in slug form. What names nothing of a kind leaves all of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    pub services: Vec<String>,
    pub platforms: Vec<String>,
    /// Ids, or endpoints' names.
    pub probes: Vec<String>,
}

impl Filter {
    /// Asks for this probe alone.
    pub fn only(probe: &ProbeId) -> Self {
        Self {
            probes: vec![probe.as_str().to_owned()],
            ..Self::default()
        }
    }

    /// Asks for all probes of the service of this one.
    pub fn service(probe: &Probe) -> Self {
        Self {
            services: vec![probe.service.slug().to_owned()],
            ..Self::default()
        }
    }

    /// Which of the probes are asked for. A name that none of them has is an error.
    pub fn choose(&self, probes: &[Probe]) -> Result<Vec<bool>, BadUsage> {
        type Names = fn(&Probe) -> Vec<&str>;
        let filters: [(&str, &[String], Names); 3] = [
            ("--service", &self.services, |p| vec![p.service.slug()]),
            ("--platform", &self.platforms, |p| vec![p.platform.slug()]),
            ("--probe", &self.probes, |p| {
                vec![p.id.as_str(), p.endpoint.slug()]
            }),
        ];
        let mut chosen = vec![true; probes.len()];
        for (flag, wanted, names) in filters {
            if wanted.is_empty() {
                continue;
            }
            let mut matched = vec![false; probes.len()];
            for written in wanted {
                let slug = Name::try_new(written).ok();
                let is = |name: &str| {
                    name == written || slug.as_ref().is_some_and(|slug| slug.slug() == name)
                };
                let hits: Vec<_> = probes
                    .iter()
                    .map(|probe| names(probe).into_iter().any(is))
                    .collect();
                if !hits.contains(&true) {
                    // of the names a probe has, the first is the one to list
                    let known = probes.iter().map(|probe| names(probe)[0]);
                    return Err(unknown(flag, written, &known.collect()));
                }
                for (matched, hit) in matched.iter_mut().zip(hits) {
                    *matched |= hit;
                }
            }
            for (chosen, matched) in chosen.iter_mut().zip(matched) {
                *chosen &= matched;
            }
        }
        if !probes.is_empty() && !chosen.contains(&true) {
            return Err(BadUsage(
                "no probe fits all of --service, --platform and --probe together".to_owned(),
            ));
        }
        Ok(chosen)
    }
}

/// Names what was probably meant, or what there is. `flag` is what the name was given for.
pub fn unknown(flag: &str, written: &str, known: &BTreeSet<&str>) -> BadUsage {
    let slips = |name: &&str| strsim::damerau_levenshtein(&written.to_lowercase(), name);
    // one slip in three letters, but not a different word
    let slips_max = written.chars().count().div_ceil(3).min(4);
    let hint = match known.iter().copied().min_by_key(slips) {
        Some(nearest) if slips(&nearest) <= slips_max => format!("; did you mean `{nearest}`?"),
        Some(_) => {
            let shown: Vec<_> = known.iter().copied().take(KNOWN_MAX).collect();
            match known.len() - shown.len() {
                0 => format!("; it has {}", shown.join(", ")),
                more => format!("; it has {} and {more} more", shown.join(", ")),
            }
        }
        None => ", nor any other: it is empty".to_owned(),
    };
    BadUsage(format!(
        "{flag} {written}: the database has none of that name{hint}"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn probes() -> Vec<Probe> {
        let name = |text: &str| Name::try_new(text).unwrap();
        [
            ("Spotify", "web", "player"),
            ("Spotify", "mobile", "web API"),
            ("Tidal", "web", "player"),
        ]
        .map(|(s, p, e)| Probe::named(name(s), name(p), name(e)).unwrap())
        .into()
    }

    fn choose(service: &[&str], platform: &[&str], probe: &[&str]) -> Result<String, String> {
        let owned = |texts: &[&str]| texts.iter().map(|&text| text.to_owned()).collect();
        let filter = Filter {
            services: owned(service),
            platforms: owned(platform),
            probes: owned(probe),
        };
        let all = probes();
        let chosen = filter.choose(&all).map_err(|error| error.to_string())?;
        let ids = all.iter().zip(chosen).filter(|(_, chosen)| *chosen);
        Ok(ids
            .map(|(probe, _)| probe.id.as_str().to_owned())
            .collect::<Vec<_>>()
            .join(" "))
    }

    #[test]
    fn names_slugs_and_ids_choose_probes() {
        let all = "spotify/web/player spotify/mobile/web-api tidal/web/player";
        for (service, platform, probe, expected) in [
            (&[][..], &[][..], &[][..], all),
            (
                &["Spotify"],
                &[],
                &[],
                "spotify/web/player spotify/mobile/web-api",
            ),
            (&["spotify"], &["web"], &[], "spotify/web/player"),
            (
                &["spotify", "tidal"],
                &["web"],
                &[],
                "spotify/web/player tidal/web/player",
            ),
            (&[], &[], &["web API"], "spotify/mobile/web-api"),
            (&[], &[], &["player"], "spotify/web/player tidal/web/player"),
            (&[], &[], &["tidal/web/player"], "tidal/web/player"),
        ] {
            assert_eq!(choose(service, platform, probe), Ok(expected.to_owned()));
        }
    }

    #[test]
    fn an_unknown_name_is_refused_with_what_was_meant_or_what_there_is() {
        for (service, platform, probe, problem) in [
            (
                &["spotfy"][..],
                &[][..],
                &[][..],
                "--service spotfy: the database has none of that name; did you mean `spotify`?",
            ),
            (
                &[],
                &["desktop"],
                &[],
                "--platform desktop: the database has none of that name; it has mobile, web",
            ),
            (
                &[],
                &[],
                &["spotify/web/plyer"],
                "--probe spotify/web/plyer: the database has none of that name; did you mean \
                 `spotify/web/player`?",
            ),
            (
                &["tidal"],
                &["mobile"],
                &[],
                "no probe fits all of --service, --platform and --probe together",
            ),
        ] {
            assert_eq!(choose(service, platform, probe), Err(problem.to_owned()));
        }
    }
}
