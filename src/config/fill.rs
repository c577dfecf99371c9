//! `${…}` in texts that stand in no file, as on a command line.

use secrecy::SecretString;

use super::outside::Outside;
use super::place::Place;
use super::text::Text;

/// A text with everything filled in. May hold secrets.
#[derive(Clone, Debug)]
pub struct Filled {
    pub value: SecretString,
    /// What of it came from outside.
    pub secrets: Vec<SecretString>,
}

/// Fills in `${NAME}`, `${NAME:-default}` and `${file:PATH}`, as in probes.yaml. `Err` says what
/// could not be filled in, never with what.
pub fn fill(written: &str) -> Result<Filled, String> {
    let mut outside = Outside::new(&|name| std::env::var_os(name));
    let nowhere = Place {
        file: 0,
        start: 0,
        end: 0,
    };
    match Text::fill(written, nowhere, &mut outside) {
        Ok(text) => Ok(Filled {
            value: text.value().into(),
            secrets: text.secrets().to_vec(),
        }),
        Err(bad) => Err(bad.title),
    }
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::*;

    #[test]
    fn a_text_of_a_command_line_is_filled_in() {
        let filled = fill("a ${NO_SUCH_VARIABLE_HERE:-b} c").unwrap();
        assert_eq!(filled.value.expose_secret(), "a b c");
        assert!(filled.secrets.is_empty());
        let filled = fill("${PATH}").unwrap();
        assert_eq!(filled.secrets.len(), 1);
        assert_eq!(
            fill("${NO_SUCH_VARIABLE_HERE}").unwrap_err(),
            "the environment variable NO_SUCH_VARIABLE_HERE is not set, or empty"
        );
    }
}
