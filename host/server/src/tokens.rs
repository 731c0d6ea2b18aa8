//! Who may ask: names, roles and digests of tokens.
//!
//! Always true here: no token is kept, only its SHA-256; and how long a comparison takes tells nothing about it.

use std::fmt;
use std::sync::Arc;

use scopegate::Excerpt;
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

/// What a token allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// Ask for decisions, and see the policies.
    Decide,
    /// All of that, and change which policies decide.
    Administer,
}

/// The tokens that are accepted.
///
/// As text, each line has a name, a role (`decide` or `administer`) and `sha256:` with the 64 hexadecimal digits of the token's SHA-256;
/// blank lines and lines that begin with `#` mean nothing.
///
/// ```
/// use scopegate_server::Tokens;
///
/// let line = format!("platform decide {}", Tokens::digest("a long random text"));
/// assert!(Tokens::parse(&line).is_ok());
/// ```
#[derive(Clone, Default)]
pub struct Tokens {
    tokens: Vec<Token>,
}

#[derive(Clone, PartialEq, Eq)]
struct Token {
    name: Arc<str>,
    role: Role,
    digest: [u8; 32],
}

/// What is wrong with a file of tokens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokensError {
    /// The line, from 1.
    pub line: usize,
    /// What is wrong with it and what to do. It never repeats the line's digest.
    pub reason: String,
}

impl fmt::Display for TokensError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {} of the tokens: {}", self.line, self.reason)
    }
}

impl std::error::Error for TokensError {}

impl Tokens {
    /// Reads tokens from their text.
    ///
    /// # Errors
    ///
    /// The first line that is none, or repeats a name or a token.
    pub fn parse(text: &str) -> Result<Self, TokensError> {
        let (tokens, wrong) = Self::read(text);
        wrong.into_iter().next().map_or(Ok(tokens), Err)
    }

    /// Reads the tokens of the lines that have one, and says what is wrong with the others. Of two lines with the same name, or the same
    /// token, the first one counts.
    pub fn read(text: &str) -> (Self, Vec<TokensError>) {
        let (mut read, mut errors) = (Self::default(), Vec::new());
        // Some editors put a byte order mark before a text.
        let text = text.trim_start_matches('\u{feff}');
        for (index, line) in text.lines().enumerate() {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            match Token::parse(line).and_then(|token| read.check(token)) {
                Ok(token) => read.tokens.push(token),
                Err(reason) => errors.push(TokensError {
                    line: index + 1,
                    reason,
                }),
            }
        }
        (read, errors)
    }

    /// The token, if its name and its digest are new.
    fn check(&self, token: Token) -> Result<Token, String> {
        let mut tokens = self.tokens.iter();
        if tokens.any(|other| other.name == token.name) {
            return Err(format!(
                "the name `{}` is there twice: give each token its own",
                token.name
            ));
        }
        let mut tokens = self.tokens.iter();
        match tokens.find(|other| other.digest == token.digest) {
            None => Ok(token),
            Some(other) => Err(format!(
                "`{}` has the same token as `{}`: give each its own",
                token.name, other.name
            )),
        }
    }

    /// Those of the tokens that `others` has too, with the same name and role.
    #[must_use]
    pub fn only_in(mut self, others: &Self) -> Self {
        self.tokens.retain(|token| others.tokens.contains(token));
        self
    }

    /// What stands for `token` in a line: `sha256:<hex>`.
    pub fn digest(token: &str) -> String {
        let digest = Sha256::digest(token);
        digest.iter().fold("sha256:".to_owned(), |text, byte| {
            format!("{text}{byte:02x}")
        })
    }

    /// Whose `token` it is, and what it allows.
    pub(crate) fn find(&self, token: &[u8]) -> Option<(Arc<str>, Role)> {
        let digest = Sha256::digest(token);
        let mut found = None;
        for token in &self.tokens {
            // All are compared, whichever it is.
            if bool::from(token.digest.ct_eq(&digest)) {
                found = Some((Arc::clone(&token.name), token.role));
            }
        }
        found
    }
}

impl Token {
    fn parse(line: &str) -> Result<Self, String> {
        let words: Vec<_> = line.split_whitespace().collect();
        let [name, role, digest] = words[..] else {
            return Err(format!(
                "expected a name, a role and a digest, found {} words",
                words.len()
            ));
        };
        let role = match role {
            "decide" => Role::Decide,
            "administer" => Role::Administer,
            _ => {
                return Err(format!(
                    "the role of `{}` is unknown: expected `decide` or `administer`",
                    Excerpt(name)
                ));
            }
        };
        let digest = digest
            .strip_prefix("sha256:")
            .and_then(bytes)
            .ok_or_else(|| {
                format!(
                    "the digest of `{}` is not `sha256:` and 64 hexadecimal digits",
                    Excerpt(name)
                )
            })?;
        if !name.chars().all(is_seen) {
            return Err(format!(
                "the name `{}` has characters that nobody sees: write it without them",
                Excerpt(name)
            ));
        }
        Ok(Self {
            name: name.into(),
            role,
            digest,
        })
    }
}

/// Whether `character` looks like something, so that a message has it as it is.
fn is_seen(character: char) -> bool {
    let text = character.to_string();
    Excerpt(&text).to_string() == text
}

fn bytes(hex: &str) -> Option<[u8; 32]> {
    let mut bytes = [0; 32];
    if hex.len() != 64 || !hex.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        return None;
    }
    for (byte, index) in bytes.iter_mut().zip((0..64).step_by(2)) {
        *byte = u8::from_str_radix(&hex[index..index + 2], 16).ok()?;
    }
    Some(bytes)
}

impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = self.tokens.iter().map(|token| (&token.name, token.role));
        f.debug_map().entries(names).finish()
    }
}
