//! From the steps of a journey to what is asked one after the other.

use http::Method;
use reqwest::Url;

use super::endpoint::Draft;
use super::expectation::expectations;
use super::fills::{OPEN, Scope};
use super::mistake::Mistake;
use super::request::request;
use super::resolve::Limit;
use super::steps::StepDraft;
use super::text::Text;
use super::url::Target;
use super::value::Reader;
use crate::domain::time::Millis;
use crate::prober::inquiry::{Capture, CaptureFrom, Inquiry, Step};

impl Reader<'_, '_> {
    pub(super) fn journey(
        &mut self,
        draft: &Draft,
        steps: &[StepDraft],
        timeout: &Limit<Millis>,
    ) -> Option<Inquiry> {
        if let Some(text) = &draft.url
            && text.value().contains(OPEN)
        {
            let mistake = Mistake::at(text.place, "the URL of a journey is not filled in");
            self.wrong(mistake.label("nothing is captured before its first step"));
        }
        let base = match &draft.url {
            Some(text) => self.url(text).map(|url| (text, url)),
            None => None,
        };
        let read: Vec<_> = steps
            .iter()
            .enumerate()
            .map(|(i, step)| {
                let scope = Scope {
                    earlier: steps[..i].iter().flat_map(|it| &it.captures).collect(),
                    later: steps[i..].iter().flat_map(|it| &it.captures).collect(),
                };
                self.one_step(draft, step, base.as_ref(), &scope, timeout)
            })
            .collect();
        let urls: Vec<_> = read
            .iter()
            .flatten()
            .map(|step| &step.request.url)
            .collect();
        if urls.len() == steps.len() {
            self.unused_tls(draft.own_tls, &draft.settings, &urls);
        }
        let steps: Vec<Step> = read.into_iter().collect::<Option<_>>()?;
        (!steps.is_empty()).then(|| Inquiry {
            steps,
            timeout: timeout.value.to_duration(),
        })
    }

    fn one_step(
        &mut self,
        draft: &Draft,
        step: &StepDraft,
        base: Option<&(&Text, Url)>,
        scope: &Scope<'_>,
        whole: &Limit<Millis>,
    ) -> Option<Step> {
        let settings = step.settings.clone().over(&draft.settings);
        self.at_most("timeout", step.timeout, whole);
        let own = step
            .timeout
            .and_then(|given| Some((given.place, given.value?)));
        let timeout = own.map_or(*whole, |(place, value)| Limit {
            what: "timeout",
            value,
            place: Some(place),
        });
        self.latency_within(&settings, &timeout);
        let target = self.target(draft, step, base, scope);
        let template = target.as_ref().and_then(|target| target.template.clone());
        let fills = self.fills(&settings, template, scope);
        let request = request(self, &settings, draft.platform.slug(), target);
        if let Some(request) = &request {
            let own_tls = step.settings.transport.tls.place;
            self.unused_tls(own_tls, &settings, &[&request.url]);
            self.nothing_in_head(step, &request.method);
        }
        let captures: Vec<Capture> = step
            .captures
            .iter()
            .map(super::capture::PlacedCapture::capture)
            .collect::<Option<_>>()?;
        let mut request = request?;
        request.timeout = timeout.value.to_duration();
        request.fills = fills;
        let name = step.name.as_ref()?.value.as_ref()?;
        Some(Step {
            name: Some(name.display().into()),
            request,
            expect: self.shared.expectations.share(expectations(&settings)),
            captures,
            always: step.always,
        })
    }

    fn nothing_in_head(&mut self, step: &StepDraft, method: &Method) {
        let of_body =
            |from: &CaptureFrom| matches!(from, CaptureFrom::Json(_) | CaptureFrom::Body(_));
        let capture = step
            .captures
            .iter()
            .find(|capture| capture.from.as_ref().is_some_and(of_body));
        if *method == Method::HEAD
            && let Some(capture) = capture
        {
            let mistake = Mistake::at(capture.place, "an answer to HEAD has no body")
                .label("never captured")
                .help("use the method GET");
            self.wrong(mistake);
        }
    }

    /// What the step asks; without a URL of its own, the endpoint's.
    fn target(
        &mut self,
        draft: &Draft,
        step: &StepDraft,
        base: Option<&(&Text, Url)>,
        scope: &Scope<'_>,
    ) -> Option<Target> {
        match (&step.url, base) {
            (Some(text), _) => {
                let has_base = draft.url.is_some();
                self.step_target(text, base.map(|(text, url)| (*text, url)), has_base, scope)
            }
            (None, Some((text, url))) => Some(Target::new(text, url.clone())),
            (None, None) => {
                // an endpoint's URL that is wrong was complained of, and so was a step's
                if draft.url.is_none() && !step.has_url {
                    let mistake = Mistake::at(step.place, "this step has no `url`");
                    self.wrong(mistake.label("add `url:` to it, or to the endpoint"));
                }
                None
            }
        }
    }
}

/// The inquiry of an endpoint without steps.
pub(super) fn plain(
    reader: &mut Reader<'_, '_>,
    draft: &Draft,
    timeout: &Limit<Millis>,
) -> Option<Inquiry> {
    let target = match &draft.url {
        Some(text) => reader.url(text).map(|url| Target::new(text, url)),
        None => None,
    };
    let request = request(reader, &draft.settings, draft.platform.slug(), target);
    let mut request = request?;
    reader.unused_tls(draft.own_tls, &draft.settings, &[&request.url]);
    request.timeout = timeout.value.to_duration();
    let expect = reader
        .shared
        .expectations
        .share(expectations(&draft.settings));
    Some(Inquiry::plain(request, expect))
}
