//! What stands below `expect` and `slow_if`.

use super::Shape::{
    Def, Json, Length, Like, ListOf, MapLike, None, Nothing, Number, OneOf, Schema, Status, Text,
    Texts, Whole, Words,
};
use super::keys;
use super::patterns::{HEADER_NAME, JSON_PATH, URL};
use crate::expect::JsonType;

/// Certificates that anybody takes are valid for 398 days, but roots of one's own far longer.
pub(in crate::config) const DAYS_MAX: u64 = 36_500;

/// As for `body_bytes_max`: 1 GiB.
pub(in crate::config) const BYTES_MAX: u64 = 1 << 30;

/// Of redirects, characters, items and keys.
pub(in crate::config) const COUNT_MAX: u64 = 1_000_000_000;

keys! {
    /// In the order they are documented and judged.
    EXPECT;
    "status" = "2xx": Status, ["200", "[200, 3xx]", "200-204"],
        "The status: a code (200), a class (2xx), a range (200-299), or a list of them.";
    "headers": MapLike(&HEADER_NAME, &OneOf(&[Words(&["present", "absent"]), Text, Nothing, Def("text_test")])),
        ["{ Content-Type: { contains: json }, X-Frame-Options: present, X-Debug: absent }"],
        "Headers of the answer: name → present, absent, the text that it equals, or a map of tests. A name with nothing after it takes an inherited one away.";
    "body": OneOf(&[Texts, Def("text_test")]),
        ["welcome", "{ contains: [welcome, home], not_matches: '(?i)error' }"],
        "The body: text that is in it, a list of such texts, or a map of tests. {} takes an inherited one away.";
    "body_contains": Texts, ["welcome", "[welcome, home]"],
        "Short for body: { contains: … }. [] takes an inherited one away.";
    "json": MapLike(&JSON_PATH, &OneOf(&[
        Words(&["exists", "absent"]), Text, Nothing, Def("json_test"),
    ])),
        ["{ $.status: ok, $.items: { length: { min: 1 } }, $.error: absent }"],
        "Values of a JSON body: JSONPath (RFC 9535) → exists, absent, the value that it equals, or a map of tests. All values that the path finds must pass. A path with nothing after it takes an inherited one away.";
    "json_schema": OneOf(&[None, Text, Schema]),
        ["schema.json", "{ type: object, required: [items] }"],
        "The shape of a JSON body: the path of a JSON Schema, or the schema itself.";
    "bytes_min": OneOf(&[None, Whole(1, BYTES_MAX)]), ["1000"],
        "Fewest bytes of the body, as it came over the wire.";
    "bytes_max": OneOf(&[None, Whole(0, BYTES_MAX)]), ["500000"],
        "Most bytes of the body, as it came over the wire.";
    "final_url": OneOf(&[Like(&URL), Def("text_test")]),
        ["https://play.example/home", "{ contains: /home }"],
        "The URL that answered, after redirects: what it equals, or a map of tests. {} takes an inherited one away.";
    "redirects": OneOf(&[None, Whole(0, COUNT_MAX), Def("range")]), ["1", "{ max: 3 }"],
        "How many redirects were followed.";
    "http_version": OneOf(&[None, Words(&["1.0", "1.1", "2"]), ListOf(3, &Words(&["1.0", "1.1", "2"]))]),
        ["2", "[1.1, 2]"],
        "The version of HTTP of the answer, or several that are right.";
    "tls_version_min": OneOf(&[None, Words(&["1.2", "1.3"])]), ["1.3"],
        "Lowest version of TLS that is right.";
    "certificate_days_min": OneOf(&[None, Whole(0, DAYS_MAX)]), ["14"],
        "Fewest whole days that the server's own certificate stays valid.";
    "chain_days_min": OneOf(&[None, Whole(0, DAYS_MAX)]), ["14"],
        "Fewest whole days that each certificate stays valid that was sent.";
    "latency_max": OneOf(&[None, Length, Def("latency")]), ["2s", "{ dns: 100ms, first_byte: 1s }"],
        "Longest time of the whole request, or of its phases each for itself. Not above timeout.";
    "date_skew_max": OneOf(&[None, Length]), ["30s"],
        "How far the answer's Date may be from our clock.";
    "last_modified_age_max": OneOf(&[None, Length]), ["24h"],
        "How long ago Last-Modified may be: finds what is no longer renewed.";
    "expression": OneOf(&[None, Texts]), ["'status == 200 && size(json.items) > 3'"],
        "What the others cannot say: an expression in CEL that gives true, or a list of them.";
}

keys! {
    /// Of a text: all that are written must pass.
    TEXT_TESTS;
    "equals": Text, ["ok"],
        "The whole text.";
    "contains": Texts, ["welcome", "[welcome, home]"],
        "Text that is in it, or several.";
    "not_contains": Texts, ["error", "[error, fatal]"],
        "Text that is not in it, or several.";
    "matches": Texts, ["'^ok'"],
        "A regular expression that is found in it, or several.";
    "not_matches": Texts, ["'(?i)exception'"],
        "A regular expression that is not found in it, or several.";
}

keys! {
    /// Of a value of JSON: all that are written must pass.
    JSON_TESTS;
    "equals": Json, ["3", "'3'", "[1, 2]"],
        "The value. 3 is a number, \"3\" is text.";
    "not": Json, ["null"],
        "A value that it is not.";
    "gt": Number, ["3"],
        "A number above this.";
    "gte": Number, ["3"],
        "A number not below this.";
    "lt": Number, ["0.5"],
        "A number below this.";
    "lte": Number, ["100"],
        "A number not above this.";
    "contains": Json, ["ok", "[a, b]"],
        "Text in the text, an item of the list, a key of the object; or several.";
    "not_contains": Json, ["error"],
        "The opposite of contains.";
    "matches": Texts, ["'^v\\d+'"],
        "A regular expression that is found in the text, or several.";
    "not_matches": Texts, ["'^v0'"],
        "A regular expression that is not found in the text, or several.";
    "length": OneOf(&[Whole(0, COUNT_MAX), Def("range")]), ["3", "{ min: 1 }"],
        "Characters of a text, items of a list, keys of an object.";
    "type": Words(&TYPES), ["string", "integer"],
        "The type of the value; an integer is a number without a fraction.";
}

const TYPES: [&str; 7] = {
    let mut types = [""; 7];
    let mut i = 0;
    while i < types.len() {
        types[i] = JsonType::ALL[i].as_str();
        i += 1;
    }
    types
};

keys! {
    /// A range; either end may be left out.
    RANGE;
    "min": Whole(0, COUNT_MAX), ["1"],
        "The lowest number that is right.";
    "max": Whole(0, COUNT_MAX), ["9"],
        "The highest number that is right.";
}

keys! {
    /// The phases of a request.
    LATENCY;
    "total": OneOf(&[None, Length]), ["2s"],
        "The whole request.";
    "dns": OneOf(&[None, Length]), ["100ms"],
        "Looking up the address.";
    "connect": OneOf(&[None, Length]), ["200ms"],
        "From the first SYN to the established connection.";
    "tls": OneOf(&[None, Length]), ["300ms"],
        "The TLS handshake.";
    "first_byte": OneOf(&[None, Length]), ["1s"],
        "From the established connection to the end of the answer's headers.";
    "body": OneOf(&[None, Length]), ["1s"],
        "From the headers to the end of the body.";
}
