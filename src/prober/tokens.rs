//! Access tokens, kept until they expire and fetched one at a time.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use secrecy::SecretString;
use tokio::sync::Mutex as AsyncMutex;
use tokio::time::Instant;

use super::oauth2::OAuth2;
use crate::domain::observation::Outcome;

/// The tokens of all probes, by where they come from.
#[derive(Debug, Default)]
pub(super) struct Tokens(Mutex<HashMap<Arc<OAuth2>, Arc<Place>>>);

/// Where one token is kept. Whoever fetches it holds the lock, and all others wait.
#[derive(Debug, Default)]
pub(super) struct Place(AsyncMutex<Kept>);

#[derive(Debug, Default)]
struct Kept {
    token: Option<Token>,
    /// How the last fetch failed, and when; tells those who waited for it.
    failed: Option<(Instant, Outcome)>,
}

/// What a token endpoint gave.
#[derive(Clone, Debug)]
pub(super) struct Token {
    pub(super) text: Arc<SecretString>,
    good_until: Instant,
}

/// How long a token is used that does not say when it expires: short, since one that has expired
/// makes an asking fail.
const LIFE_DEFAULT: Duration = Duration::from_mins(5);

/// However long a token endpoint says.
const LIFE_MAX: Duration = Duration::from_hours(24);

/// A token is not used in the last tenth of its life, or the last half minute: it has to last
/// until the answer, and clocks differ.
const MARGIN_MAX: Duration = Duration::from_secs(30);

impl Token {
    /// `expires_in` is `None` if the endpoint did not say: RFC 6749 §5.1 leaves that open.
    pub(super) fn new(text: SecretString, expires_in: Option<Duration>) -> Self {
        let life = expires_in.unwrap_or(LIFE_DEFAULT).min(LIFE_MAX);
        Self {
            text: Arc::new(text),
            good_until: Instant::now() + life - (life / 10).min(MARGIN_MAX),
        }
    }

    fn is_good(&self) -> bool {
        Instant::now() < self.good_until
    }
}

impl Tokens {
    pub(super) fn place(&self, oauth2: &Arc<OAuth2>) -> Arc<Place> {
        // no panic can leave the map half-written
        let mut places = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(place) = places.get(oauth2) {
            return Arc::clone(place);
        }
        // a reload may have left some behind that nobody asks for any more
        places.retain(|_, place| Arc::strong_count(place) > 1 || place.is_good());
        let place = Arc::<Place>::default();
        places.insert(Arc::clone(oauth2), Arc::clone(&place));
        place
    }
}

impl Place {
    /// The token that is kept, or else what `fetch` gives; nobody fetches while another does. A
    /// failure is that of all who waited for it, so that they do not try one after the other.
    pub(super) async fn get(
        &self,
        fetch: impl Future<Output = Result<Token, Outcome>>,
    ) -> Result<Token, Outcome> {
        let asked = Instant::now();
        let mut kept = self.0.lock().await;
        if let Some(token) = kept.token.as_ref().filter(|token| token.is_good()) {
            return Ok(token.clone());
        }
        if let Some((when, outcome)) = &kept.failed
            && *when > asked
        {
            return Err(outcome.clone());
        }
        match fetch.await {
            Ok(token) => {
                *kept = Kept {
                    token: Some(token.clone()),
                    failed: None,
                };
                Ok(token)
            }
            Err(outcome) => {
                *kept = Kept {
                    token: None,
                    failed: Some((Instant::now(), outcome.clone())),
                };
                Err(outcome)
            }
        }
    }

    /// Forgets this token, which was refused, unless there is a newer one already.
    pub(super) async fn drop_token(&self, refused: &Token) {
        let mut kept = self.0.lock().await;
        kept.token
            .take_if(|token| Arc::ptr_eq(&token.text, &refused.text));
    }

    fn is_good(&self) -> bool {
        self.0
            .try_lock()
            .map_or(true, |kept| kept.token.as_ref().is_some_and(Token::is_good))
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    async fn get(place: &Place, fetches: &Cell<u32>, life: Option<u64>) -> String {
        use secrecy::ExposeSecret;
        let token = place
            .get(async {
                fetches.set(fetches.get() + 1);
                let text = format!("token-{}", fetches.get());
                Ok(Token::new(text.into(), life.map(Duration::from_secs)))
            })
            .await;
        token.unwrap().text.expose_secret().to_owned()
    }

    #[tokio::test(start_paused = true)]
    async fn a_token_is_used_until_shortly_before_it_expires() {
        for (life, used) in [
            (Some(100), 90),
            (Some(3600), 3570),
            (None, 270),
            (Some(u64::MAX), 24 * 3600 - 30),
        ] {
            let (place, fetches) = (Place::default(), Cell::new(0));
            assert_eq!(get(&place, &fetches, life).await, "token-1");
            tokio::time::advance(Duration::from_secs(used - 1)).await;
            assert_eq!(get(&place, &fetches, life).await, "token-1", "{life:?}");
            tokio::time::advance(Duration::from_secs(2)).await;
            assert_eq!(get(&place, &fetches, life).await, "token-2", "{life:?}");
        }
    }

    #[tokio::test]
    async fn a_newer_token_survives_the_refusal_of_an_older() {
        let place = Place::default();
        let old = Token::new("old".into(), None);
        let new = place.get(async { Ok(Token::new("new".into(), None)) });
        let new = new.await.unwrap();
        place.drop_token(&old).await;
        assert!(place.is_good());
        place.drop_token(&new).await;
        assert!(!place.is_good());
    }

    #[tokio::test]
    async fn if_whoever_fetches_gives_up_the_next_one_does() {
        let (place, fetches) = (Place::default(), Cell::new(0));
        let given_up = place.get(std::future::pending());
        let waiting = get(&place, &fetches, None);
        let given_up = tokio::time::timeout(Duration::from_millis(1), given_up);
        let (given_up, token) = tokio::join!(given_up, waiting);
        assert!(given_up.is_err());
        assert_eq!(token, "token-1");
    }
}
