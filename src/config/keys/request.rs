//! What stands below `body`, `auth` and `tls`.

use super::Shape::{Def, Json, Like, MapOf, Text, Texts, True, Words};
use super::keys;
use super::patterns::{SERVER_NAME, TOKEN, URL, USERNAME};

keys! {
    /// Of a body: one of them.
    BODY;
    "text": Text, ["plain text"],
        "Sent as it is.";
    "json": Json, ["{ user: probe, tags: [a, b] }"],
        "Sent as JSON, with Content-Type: application/json.";
    "form": MapOf(&Texts), ["{ user: probe, tag: [x, y] }"],
        "Sent as a form, with Content-Type: application/x-www-form-urlencoded.";
    "file": Text, ["payload.bin"],
        "The path of a file that is sent as it is; a relative one starts in the folder of this file.";
}

keys! {
    /// Of proof: one of them.
    AUTH;
    "basic": Def("basic"), ["{ username: probe, password: '${PASSWORD}' }"],
        "A name and a password (RFC 7617).";
    "bearer": Like(&TOKEN), ["'${TOKEN}'"],
        "A token (RFC 6750).";
    "oauth2": Def("oauth2"),
        ["{ token_url: 'https://id.example/token', client_id: probe, client_secret: '${SECRET}' }"],
        "A token that is fetched by the client credentials grant (RFC 6749 §4.4), and kept until it expires.";
}

keys! {
    /// Below `basic`.
    BASIC;
    "username": Like(&USERNAME), ["probe"],
        "Without a colon in it.";
    "password": Text, ["'${PASSWORD}'"],
        "Best filled in with ${…}.";
}

keys! {
    /// Below `oauth2`.
    OAUTH2;
    "token_url": Like(&URL), ["https://id.example/token"],
        "Where the token is fetched.";
    "client_id": Text, ["probe"],
        "Who fetches it.";
    "client_secret": Text, ["'${SECRET}'"],
        "Best filled in with ${…}.";
    "scopes": Texts, ["[read, play]"],
        "What the token is to be good for.";
    "audience": Text, ["https://api.example/"],
        "For whom the token is to be, where a server wants to know.";
    "client_auth" = "header": Words(&["header", "body"]), ["body"],
        "How the client proves who it is: in the header Authorization, or in the form.";
}

keys! {
    /// Below `tls`.
    TLS;
    "ca": Text, ["ca.pem", "none"],
        "A PEM file of certificates that are trusted instead of the system's.";
    "certificate": Text, ["client.pem", "none"],
        "A PEM file with the certificate, and its chain, that the client shows (mutual TLS). The key may stand in it too.";
    "key": Text, ["client.key"],
        "The PEM file of the certificate's key.";
    "server_name": Like(&SERVER_NAME), ["origin.example", "none"],
        "Asked for and verified instead of the URL's host.";
    "insecure" = "false": True, ["true"],
        "Whether any certificate is taken, expired and foreign ones too.";
    "version_min" = "1.2": Words(&["1.2", "1.3"]), ["1.3"],
        "Lowest version of TLS that is offered.";
    "version_max" = "1.3": Words(&["1.2", "1.3"]), ["1.2"],
        "Highest version of TLS that is offered.";
}
