//! Journeys through a small web application: a login form, a session, a playlist.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod support;

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::{Request as Asked, State};
use axum::response::Response;
use http::{HeaderName, Method};
use outwatch::domain::time::Millis;
use outwatch::expect::{Expectations, JsonPath, LatencyPart, Pattern, Rule, StatusSet};
use outwatch::prober::inquiry::{Capture, CaptureFrom, Inquiry, Step};
use outwatch::prober::request::{Redirects, Request};
use outwatch::prober::template::{BodyEncoding, Fills, Template};
use outwatch::prober::{Examination, Prober, Reply};
use support::{NOW, contains, print, prober, request};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// What the form asks for; to be encoded when it is sent back.
const CSRF: &str = "c/s r=f&1";

const TOKEN: &str = "token-of-1234";

/// How long `/slow` takes.
const SLOW: Duration = Duration::from_millis(100);

/// The application, and every request that reached it.
struct App {
    origin: String,
    log: Log,
    serving: JoinHandle<()>,
}

type Log = Arc<Mutex<Vec<String>>>;

impl App {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let origin = format!("http://{}", listener.local_addr().unwrap());
        let log = Log::default();
        let app = Router::new().fallback(answer).with_state(Arc::clone(&log));
        let serving = tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        Self {
            origin,
            log,
            serving,
        }
    }

    fn request(&self, path: &str) -> Request {
        request(&format!("{}{path}", self.origin))
    }

    /// Methods and paths, in order.
    fn log(&self) -> Vec<String> {
        std::mem::take(&mut self.log.lock().unwrap())
    }
}

impl Drop for App {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn answer(State(log): State<Log>, asked: Asked) -> Response<String> {
    let (parts, body) = asked.into_parts();
    let body = axum::body::to_bytes(body, 10_000).await.unwrap();
    let path = parts.uri.path().to_owned();
    log.lock().unwrap().push(format!("{} {path}", parts.method));
    let header = |name: &str| {
        let value = parts.headers.get(name);
        value.map_or("", |value| value.to_str().unwrap()).to_owned()
    };
    let logged_in = header("cookie").contains("session=s3ss10n1");
    let authorized = header("authorization") == format!("Bearer {TOKEN}");
    let form = b"user=ann&password=pw&csrf=c%2Fs+r%3Df%261";
    let answer = Response::builder();
    let answer = match (parts.method.as_str(), path.as_str()) {
        ("GET", "/login") => answer
            .header("set-cookie", "visit=1")
            .body(format!("<input name=\"csrf\" value=\"{CSRF}\">")),
        ("POST", "/login") if body == form.as_slice() && header("cookie") == "visit=1" => answer
            .status(303)
            .header("location", "/home")
            .header("set-cookie", "session=s3ss10n1; Path=/; HttpOnly")
            .body(String::new()),
        ("GET", "/home") if logged_in => answer.header("etag", "\"v 1\"").body(format!(
            "{{\"token\": \"{TOKEN}\", \"ids\": [7, 8], \"first\": 7, \"null\": null}}"
        )),
        ("GET", "/playlists/7") if logged_in && authorized => {
            answer.body("{\"items\": [\"song\"]}".to_owned())
        }
        ("POST", "/logout") if logged_in => answer.status(204).body(String::new()),
        ("GET", "/broken") => answer.status(503).body(String::new()),
        ("GET", "/slow") => {
            tokio::time::sleep(SLOW).await;
            answer.body(String::new())
        }
        ("GET", "/never") => std::future::pending().await,
        ("GET", "/line") => answer.body("\"a\\nb\"".to_owned()),
        ("GET", "/echo") => answer
            .status(302)
            .header("location", format!("/saw/{}", header("authorization")))
            .body(String::new()),
        _ => answer.status(403).body(String::new()),
    };
    answer.unwrap()
}

fn step(name: &str, request: Request) -> Step {
    Step {
        name: Some(name.into()),
        request,
        expect: Arc::default(),
        captures: Vec::new(),
        always: false,
    }
}

fn always(step: Step) -> Step {
    Step {
        always: true,
        ..step
    }
}

fn capture(name: &str, from: CaptureFrom) -> Capture {
    Capture {
        name: name.into(),
        from,
    }
}

fn json(path: &str) -> CaptureFrom {
    CaptureFrom::Json(JsonPath::try_new(path).unwrap())
}

fn body(pattern: &str) -> CaptureFrom {
    CaptureFrom::Body(Pattern::try_new(pattern).unwrap())
}

fn template(text: &str) -> Template {
    Template::try_new(text).unwrap()
}

fn filled(request: Request, fills: Fills) -> Request {
    Request {
        fills: Some(Box::new(fills)),
        ..request
    }
}

fn bearer(request: Request) -> Request {
    let header = (
        HeaderName::from_static("authorization"),
        template("Bearer {{token}}"),
    );
    filled(
        request,
        Fills {
            headers: vec![header],
            ..Fills::default()
        },
    )
}

fn journey(steps: impl Into<Vec<Step>>) -> Inquiry {
    Inquiry {
        steps: steps.into(),
        timeout: Duration::from_secs(20),
    }
}

/// The form, and sending it.
fn log_in(app: &App) -> [Step; 2] {
    let mut form = step("form", app.request("/login"));
    form.captures = vec![capture("csrf", body("value=\"(.*?)\""))];
    let mut request = app.request("/login");
    request.method = Method::POST;
    let fills = Fills {
        body: Some(template("user=ann&password=pw&csrf={{csrf}}")),
        body_encoding: BodyEncoding::Form,
        ..Fills::default()
    };
    let mut log_in = step("log in", filled(request, fills));
    log_in.captures = vec![
        capture("token", json("$.token")),
        capture("id", json("$.first")),
        capture("session", CaptureFrom::Cookie("session".into())),
        capture("etag", CaptureFrom::Header(HeaderName::from_static("etag"))),
    ];
    [form, log_in]
}

fn playlist(app: &App) -> Step {
    let mut request = bearer(app.request("/"));
    request.fills.as_mut().unwrap().url = Some(template("/playlists/{{id}}"));
    Step {
        expect: Expectations::new(vec![contains("song")], Vec::new()).into(),
        ..step("playlist", request)
    }
}

fn log_out(app: &App) -> Step {
    let mut request = app.request("/logout");
    request.method = Method::POST;
    always(step("log out", request))
}

fn length(reply: &Reply) -> Duration {
    Duration::from_micros(reply.duration.0)
}

fn names(examination: &Examination) -> Vec<&str> {
    let names = examination.steps.iter().map(|step| step.step.as_deref());
    names.map(Option::unwrap).collect()
}

/// Asks both ways, which must agree.
async fn ask(prober: &Prober, inquiry: &Inquiry) -> (String, Examination) {
    let reply = prober.inquire(inquiry, NOW).await;
    let examination = prober.investigate(inquiry, NOW).await;
    assert_eq!(print(&reply.outcome), print(&examination.reply.outcome));
    (print(&reply.outcome), examination)
}

#[tokio::test]
async fn a_user_logs_in_plays_and_logs_out() {
    let app = App::start().await;
    let [form, log_in] = log_in(&app);
    let inquiry = journey([form, log_in, playlist(&app), log_out(&app)]);
    let (outcome, examination) = ask(&prober(&[]), &inquiry).await;
    assert_eq!(outcome, "ok");
    let way = [
        "GET /login",
        "POST /login",
        "GET /home",
        "GET /playlists/7",
        "POST /logout",
    ];
    assert_eq!(app.log(), [way, way].concat());
    let names: Vec<_> = names(&examination);
    assert_eq!(names, ["form", "log in", "playlist", "log out"]);
    let captured: Vec<_> = examination.steps[1].captured.iter().map(|n| &**n).collect();
    assert_eq!(captured, ["token", "id", "session", "etag"]);
    assert_eq!(examination.steps[1].redirects.len(), 1);
    // the last step's status, the time of all
    let reply = &examination.reply;
    assert_eq!(reply.answer.status, Some(204));
    assert!(reply.answer.peer.is_some());
    let steps = examination.steps.iter();
    let connect = steps.map(|step| step.reply.answer.timings.connect.unwrap().0);
    let sum: u64 = connect.sum();
    assert_eq!(reply.answer.timings.connect.unwrap().0, sum);
    assert!(sum < reply.duration.0);
}

#[tokio::test]
async fn after_a_failure_only_what_cleans_up_runs() {
    let app = App::start().await;
    let [form, log_in] = log_in(&app);
    let broken = step("play", app.request("/broken"));
    let slow = always(step("slow", app.request("/slow")));
    let unheard = always(step("unheard", app.request("/broken")));
    let inquiry = journey([
        form,
        log_in,
        broken,
        playlist(&app),
        slow,
        unheard,
        log_out(&app),
    ]);
    let started = Instant::now();
    let examination = prober(&[]).investigate(&inquiry, NOW).await;
    let elapsed = started.elapsed();
    assert_eq!(
        print(&examination.reply.outcome),
        "fail status verdict: step `play`: 503 Service Unavailable"
    );
    assert_eq!(
        names(&examination),
        ["form", "log in", "play", "slow", "unheard", "log out"]
    );
    let reply = &examination.reply;
    assert_eq!(reply.answer.status, Some(503));
    assert!(length(reply) + SLOW < elapsed, "{reply:?}");
    let last = &examination.steps[5].reply;
    assert_eq!(print(&last.outcome), "ok");
}

#[tokio::test]
async fn a_step_whose_values_were_not_captured_does_not_clean_up() {
    let app = App::start().await;
    let revoke = always(step("revoke", bearer(app.request("/echo"))));
    let inquiry = journey([step("play", app.request("/broken")), revoke]);
    let (outcome, _) = ask(&prober(&[]), &inquiry).await;
    assert_eq!(
        outcome,
        "fail status verdict: step `play`: 503 Service Unavailable"
    );
    assert_eq!(app.log(), ["GET /broken", "GET /broken"]);
}

#[tokio::test]
async fn a_capture_that_finds_nothing_fails_the_step() {
    let app = App::start().await;
    for (path, from, expected) in [
        (
            "/home",
            json("$.none"),
            "json verdict: step `s`: cannot capture `v`: $.none finds nothing",
        ),
        (
            "/home",
            json("$.null"),
            "json verdict: step `s`: cannot capture `v`: $.null finds null",
        ),
        (
            "/home",
            json("$.ids[*]"),
            "json verdict: step `s`: cannot capture `v`: $.ids[*] finds 2 values",
        ),
        (
            "/slow",
            json("$.none"),
            "json verdict: step `s`: cannot capture `v`: the body is not JSON",
        ),
        (
            "/home",
            body("x=(.)"),
            "body verdict: step `s`: cannot capture `v`: `x=(.)` finds nothing",
        ),
        (
            "/home",
            CaptureFrom::Header(HeaderName::from_static("x-none")),
            "header verdict: step `s`: cannot capture `v`: there is no header `x-none`",
        ),
        (
            "/home",
            CaptureFrom::Cookie("none".into()),
            "header verdict: step `s`: cannot capture `v`: there is no cookie `none`",
        ),
    ] {
        let [form, log_in] = log_in(&app);
        let mut last = step("s", app.request(path));
        last.captures = vec![capture("v", from)];
        let (outcome, examination) = ask(&prober(&[]), &journey([form, log_in, last])).await;
        assert_eq!(outcome, format!("fail {expected}"));
        assert_eq!(examination.steps[2].captured.len(), 0);
    }
}

#[tokio::test]
async fn what_was_captured_may_not_fit_where_it_goes() {
    let app = App::start().await;
    let mut first = step("first", app.request("/line"));
    first.captures = vec![capture("token", json("$"))];
    let second = step("second", bearer(app.request("/echo")));
    let (outcome, examination) = ask(&prober(&[]), &journey([first, second])).await;
    assert_eq!(
        outcome,
        "fail protocol request: step `second`: what was captured cannot stand in the header `authorization`"
    );
    assert_eq!(names(&examination), ["first", "second"]);
    assert_eq!(app.log(), ["GET /line", "GET /line"]);
}

#[tokio::test]
async fn captured_values_are_never_shown() {
    let app = App::start().await;
    let [form, log_in] = log_in(&app);
    let followed = step("followed", bearer(app.request("/echo")));
    let inquiry = journey([form.clone(), log_in.clone(), followed]);
    let (outcome, examination) = ask(&prober(&[]), &inquiry).await;
    assert_eq!(
        outcome,
        "fail status verdict: step `followed`: 403 Forbidden"
    );
    let to = &examination.steps[2].redirects[0].to;
    assert_eq!(to, &format!("{}/saw/Bearer%20***", app.origin));
    assert!(!format!("{examination:?}").contains(TOKEN));

    let mut refused = step("refused", bearer(app.request("/echo")));
    refused.request.redirects = Redirects::Follow { max: 0 };
    let (outcome, _) = ask(&prober(&[]), &journey([form, log_in, refused])).await;
    let expected = format!(
        "fail redirect headers: step `refused`: more than 0 redirects; the next would go to {}/saw/Bearer%20***",
        app.origin
    );
    assert_eq!(outcome, expected);
}

#[tokio::test]
async fn a_slow_step_makes_the_journey_slow() {
    let app = App::start().await;
    let max = Rule::LatencyMax(LatencyPart::Total, Millis(50));
    let mut slow = step("search", app.request("/slow"));
    slow.expect = Expectations::new(Vec::new(), vec![max]).into();
    let inquiry = journey([slow, step("login", app.request("/login"))]);
    let outcome = prober(&[]).inquire(&inquiry, NOW).await.outcome;
    let outcome = print(&outcome);
    assert!(
        outcome.starts_with("slow: step `search`: took "),
        "{outcome}"
    );
    // a failure after it is still a failure
    let mut inquiry = inquiry;
    inquiry.steps.push(step("play", app.request("/broken")));
    let outcome = prober(&[]).inquire(&inquiry, NOW).await.outcome;
    assert_eq!(
        print(&outcome),
        "fail status verdict: step `play`: 503 Service Unavailable"
    );
}

#[tokio::test]
async fn a_journey_ends_by_its_timeout_and_a_step_by_its_own() {
    let app = App::start().await;
    let never = |name: &str, millis: u64| {
        let mut request = app.request("/never");
        request.timeout = Duration::from_millis(millis);
        step(name, request)
    };
    let own = journey([never("hang", 400), never("not run", 20_000)]);
    let (outcome, _) = ask(&prober(&[]), &own).await;
    assert_eq!(
        outcome,
        "fail timeout headers: step `hang`: no answer within 400ms"
    );
    let whole = Inquiry {
        timeout: Duration::from_millis(700),
        ..journey([
            step("slow", app.request("/slow")),
            never("hang", 20_000),
            always(never("clean", 200)),
        ])
    };
    let started = Instant::now();
    let reply = prober(&[]).inquire(&whole, NOW).await;
    let elapsed = started.elapsed();
    assert!(elapsed < Duration::from_secs(10));
    assert!(length(&reply) >= whole.timeout, "{reply:?}");
    assert!(length(&reply) + Duration::from_millis(200) < elapsed);
    let outcome = print(&reply.outcome);
    assert!(
        outcome.starts_with("fail timeout headers: step `hang`: no answer within ")
            && outcome.ends_with("ms; all steps together have 700ms"),
        "{outcome}"
    );
}

#[tokio::test]
async fn redirects_of_a_plain_endpoint_get_the_cookies_they_set() {
    let app = App::start().await;
    let mut request = app.request("/login");
    request.method = Method::POST;
    std::sync::Arc::make_mut(&mut request.headers).insert("cookie", "visit=1".parse().unwrap());
    request.body = Some(
        b"user=ann&password=pw&csrf=c%2Fs+r%3Df%261"
            .as_slice()
            .into(),
    );
    let expect = Expectations::new(vec![contains(TOKEN)], Vec::new());
    let inquiry = Inquiry::plain(request, expect.into());
    let (outcome, examination) = ask(&prober(&[]), &inquiry).await;
    assert_eq!(outcome, "ok");
    assert_eq!(examination.steps.len(), 1);
    assert_eq!(examination.steps[0].step, None);
    // each asking begins without cookies
    let forbidden = "403".parse::<StatusSet>().unwrap();
    let home = Inquiry::plain(
        app.request("/home"),
        Expectations::new(vec![Rule::Status(forbidden)], Vec::new()).into(),
    );
    let (outcome, _) = ask(&prober(&[]), &home).await;
    assert_eq!(outcome, "ok");
}
