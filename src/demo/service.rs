//! The sample service: desktop, mobile and web endpoints on loopback that behave as the script says.

use axum::Router;
use axum::http::{StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use tokio::net::TcpListener;

use super::script::{self, Behaviour};
use crate::clock::Clock;

/// Serves until it is dropped.
pub(super) async fn serve(listener: TcpListener, clock: Clock) -> std::io::Result<()> {
    let router = Router::new().fallback(move |uri: Uri| {
        let behaviour = script::behaviour(uri.path(), clock.now());
        answer(uri, behaviour)
    });
    axum::serve(listener, router).await
}

async fn answer(uri: Uri, behaviour: Behaviour) -> Response {
    match behaviour {
        Behaviour::Well => match uri.path() {
            "/desktop/access-points" => r#"{"accesspoint":["ap.example:4070"]}"#.into_response(),
            "/desktop/login" | "/mobile/api" => r#"{"ok":true}"#.into_response(),
            "/web/player" => "<title>Player</title>".into_response(),
            _ => StatusCode::NOT_FOUND.into_response(),
        },
        Behaviour::Unavailable => StatusCode::SERVICE_UNAVAILABLE.into_response(),
        Behaviour::RefusesLogin => {
            (StatusCode::FORBIDDEN, r#"{"error":"login refused"}"#).into_response()
        }
        Behaviour::Silent => std::future::pending().await,
    }
}
