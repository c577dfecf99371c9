//! Settings: keys that may stand in an endpoint, in a platform and in `defaults`.

use super::Shape::{
    Def, Length, Like, MapLike, None, Nothing, On, OneOf, Text, TextsLike, Whole, Words,
};
use super::keys;
use super::patterns::{
    ADDRESS, DNS_SERVER, HEADER_VALUE, HOST, METHOD, PARAMETER, PROXY, SENT_HEADER_NAME,
};

keys! {
    /// In the order they are documented.
    SETTINGS;
    "interval" = "30s": Length, ["60s", "5m"],
        "How often the endpoint is asked. An outage is known no more exactly than this.";
    "timeout" = "10s": Length, ["5s"],
        "Limit of the whole request, from looking up the address to the last byte of the body; of a journey, over all its steps. Not above interval.";
    "confirm_interval" = "5s": Length, ["10s"],
        "After a first contrary answer, how soon it is asked again until the matter is decided. Not above interval.";
    "failure_threshold" = "2": Whole(1, 1000), ["3"],
        "Failures in a row that make an outage, which then begins with the first of them. Fewer are a blip.";
    "recovery_threshold" = "2": Whole(1, 1000), ["1"],
        "Successes in a row that end an outage, at the first of them.";
    "grace": Length, ["2m"],
        "Longest spacing of observations that still counts as watching; what lies in a longer gap is unknown. Not below interval. Without it, twice the interval and the timeout.";
    "flap_failures" = "3": Whole(1, 1000), ["4"],
        "So many failures among flap_of observations, without an outage, make a degraded stretch.";
    "flap_of" = "10": Whole(1, 1000), ["20"],
        "Among how many observations flap_failures are counted.";
    "method": Like(&METHOD), ["HEAD", "PURGE"],
        "The request's method: any word. Without it GET, or POST if there is a body.";
    "user_agent": OneOf(&[Words(&["desktop", "mobile", "web"]), Like(&HEADER_VALUE)]), ["mobile", "TV/1.0"],
        "A profile of headers as programs send them there (desktop, mobile, web), or the text to send as User-Agent. Without it, the profile of the platform of that name, else Outwatch/VERSION.";
    "headers": MapLike(&SENT_HEADER_NAME, &OneOf(&[TextsLike(&HEADER_VALUE), Nothing])), ["{ Accept: application/json, X-Trace: [a, b] }"],
        "Headers of the request: name → text, or a list of texts to send several. A name with nothing after it takes an inherited one away.";
    "body": OneOf(&[Text, Def("body")]), ["'{\"user\": \"probe\"}'", "{ json: { user: probe } }"],
        "What is sent: text as it is, or one of text, json, form and file.";
    "auth": OneOf(&[None, Def("auth")]), ["{ bearer: '${TOKEN}' }", "none"],
        "Who asks, and how that is proven: basic, bearer or oauth2; none takes an inherited one away.";
    "redirects" = "on": OneOf(&[On, Whole(1, 255)]), ["off", "3"],
        "Whether, and how many, redirects are followed; on follows up to 10. With off the redirect itself is the answer.";
    "body_bytes_max" = "10485760": Whole(1, 1 << 30), ["1048576"],
        "Longest body in bytes; a longer one is a failure (too_large).";
    "proxy": Like(&PROXY), ["http://proxy.example:3128", "none"],
        "What the request goes through: an http://, https://, socks5:// or socks5h:// proxy; none takes an inherited one away.";
    "tls": Def("tls"), ["{ ca: ca.pem, version_min: 1.2 }"],
        "What connections over TLS trust, show of themselves and offer.";
    "resolve": MapLike(&HOST, &OneOf(&[TextsLike(&ADDRESS), Nothing])), ["{ play.example: [203.0.113.7, '2001:db8::1'] }"],
        "Hosts and where they are, instead of looking them up: to ask one server of many. A name with nothing after it takes an inherited one away.";
    "dns_servers": TextsLike(&DNS_SERVER), ["9.9.9.9", "[127.0.0.1:5353, '[::1]:53']"],
        "Name servers that are asked instead of the system's, in this order; system, or none, takes inherited ones away.";
    "ip" = "any": Words(&["any", "v4", "v6"]), ["v6"],
        "Which addresses are connected to: those of IPv4, of IPv6, or both.";
    "http_version" = "auto": Words(&["auto", "1.1", "2"]), ["1.1"],
        "Which version of HTTP is spoken; auto speaks HTTP/2 if the server agrees to it in the TLS handshake.";
    "compression" = "off": On, ["on"],
        "Whether compressed answers are asked for (gzip, br, zstd, deflate) and decoded.";
    "cache_bust" = "off": OneOf(&[On, Like(&PARAMETER)]), ["on", "nocache"],
        "The name of a query parameter that gets another value each time, so that no cache on the way can answer; on means `_`.";
    "expect": Def("expect"), ["{ status: 200, body_contains: welcome }"],
        "What the answer must be like; all of it must hold, or it is a failure.";
    "slow_if": Def("expect"), ["{ latency_max: 2s }"],
        "What makes an answer slow (degraded, not down): as soon as a limit is overstepped or a condition holds.";
}
