//! Reads ordinary JSON quickly: facts as any serializer writes them.
//!
//! Always true here: what is read is what the strict reader reads. Whatever is out of the ordinary, such as an escape in a text, is not
//! read at all, and left to the strict reader, which knows what is wrong with it, if anything is. In a debug build every text that is read
//! here is read strictly too.

use super::names::Order;
use super::{Names, Path};

/// A fact that can be read quickly.
pub(crate) trait Quick: Sized {
    /// A value to read over.
    fn blank() -> Self;

    /// Reads the next value over this one, whose memory it takes; `None` if the strict reader has to. Then this is any value.
    fn quick(&mut self, from: &mut Cursor<'_, '_>) -> Option<()>;
}

/// Where in a text the reader stands.
pub(crate) struct Cursor<'t, 'p> {
    text: &'t [u8],
    at: usize,
    root: &'p Path<'p>,
    /// In which the names come, as far as was seen.
    order: Order,
}

impl<'t, 'p> Cursor<'t, 'p> {
    /// The beginning of `text`, a document of which `root` is the path.
    pub(crate) fn new(text: &'t [u8], root: &'p Path<'p>) -> Self {
        Self {
            text,
            at: 0,
            root,
            order: Order::Contract,
        }
    }

    /// The path of the whole document.
    pub(crate) fn root(&self) -> &'p Path<'p> {
        self.root
    }

    /// How many bytes it has passed.
    pub(crate) fn at(&self) -> usize {
        self.at
    }

    /// Goes where so many bytes are passed, which are not more than there are.
    pub(crate) fn go_to(&mut self, at: usize) {
        self.at = at;
    }

    /// Whether nothing is left but spaces.
    pub(crate) fn is_at_end(&mut self) -> bool {
        self.peek().is_none() && self.at == self.text.len()
    }

    /// The first byte of what comes next, behind spaces.
    #[inline]
    pub(crate) fn peek(&mut self) -> Option<u8> {
        let next = *self.text.get(self.at)?;
        if next > b' ' {
            return Some(next);
        }
        self.behind_spaces()
    }

    /// The same where a space comes next, or what is none: apart, so that the rest is short.
    #[inline(never)]
    fn behind_spaces(&mut self) -> Option<u8> {
        let rest = &self.text[self.at..];
        let is_space = |byte: &&u8| matches!(byte, b' ' | b'\n' | b'\r' | b'\t');
        self.at += rest.iter().take_while(is_space).count();
        self.text.get(self.at).copied().filter(|next| *next > b' ')
    }

    /// Goes behind `byte`, which has to come next.
    #[inline]
    pub(crate) fn pass(&mut self, byte: u8) -> Option<()> {
        if self.peek()? != byte {
            return None;
        }
        self.at += 1;
        Some(())
    }

    /// Goes behind `word` if it comes next.
    #[inline]
    pub(crate) fn word(&mut self, word: &str) -> bool {
        let is_next = self.text[self.at..].starts_with(word.as_bytes());
        if is_next {
            self.at += word.len();
        }
        is_next
    }

    /// Whether `null` comes next; goes behind it if so.
    #[inline]
    pub(crate) fn null(&mut self) -> Option<bool> {
        let is_null = self.peek()? == b'n';
        (!is_null || self.word("null")).then_some(is_null)
    }

    /// Whether another element comes, behind a comma unless it is the first; goes behind `end` if not.
    #[inline]
    pub(crate) fn goes_on(&mut self, is_first: bool, end: u8) -> Option<bool> {
        let next = self.peek()?;
        if next == end {
            self.at += 1;
            return Some(false);
        }
        if !is_first {
            self.pass(b',')?;
        }
        Some(true)
    }

    /// Reads a record whose names are `known`, each at most once: has `read` read the value of the name with an index. Gives a bit for each
    /// name that is there.
    #[inline]
    pub(crate) fn record(
        &mut self,
        known: &Names,
        mut read: impl FnMut(&mut Self, usize) -> Option<()>,
    ) -> Option<u64> {
        let (mut given, mut before) = (0_u64, None);
        self.pass(b'{')?;
        while self.goes_on(before.is_none(), b'}')? {
            let index = self.name(known, before)?;
            if given & 1 << index != 0 {
                return None;
            }
            given |= 1 << index;
            before = Some(index);
            read(self, index)?;
        }
        Some(given)
    }

    /// The index of the next name of a record, which stands behind the one with the index `before`, and goes behind its colon.
    #[expect(
        clippy::inline_always,
        reason = "a call for each name takes longer than half of what it does"
    )]
    #[inline(always)]
    fn name(&mut self, known: &Names, before: Option<usize>) -> Option<usize> {
        self.peek()?;
        match self.likely(known, before, self.order) {
            Some(index) => Some(index),
            None => self.any_name(known, before),
        }
    }

    /// The same of a name that is not the likeliest: apart, so that the rest is short.
    #[inline(never)]
    fn any_name(&mut self, known: &Names, before: Option<usize>) -> Option<usize> {
        let other = self.order.other();
        if let Some(index) = self.likely(known, before, other) {
            self.order = other;
            return Some(index);
        }
        let index = known.index(self.bytes()?)?;
        self.pass(b':')?;
        Some(index)
    }

    /// The same if it is the one behind `before` in `order`.
    #[inline]
    fn likely(&mut self, known: &Names, before: Option<usize>, order: Order) -> Option<usize> {
        let ahead = self.text[self.at..].first_chunk()?;
        let (index, length) = known.following(before, order, ahead)?;
        self.at += length;
        Some(index)
    }

    /// The next text, which has no escapes.
    #[inline]
    pub(crate) fn text(&mut self) -> Option<&'t str> {
        str::from_utf8(self.plain()?.0).ok()
    }

    /// Which of `known` the next text is.
    pub(crate) fn case(&mut self, known: &Names) -> Option<usize> {
        known.index(self.bytes()?)
    }

    /// The bytes of the next text, which has no escapes: they are UTF-8.
    #[inline]
    pub(crate) fn bytes(&mut self) -> Option<&'t [u8]> {
        let (text, is_ascii) = self.plain()?;
        (is_ascii || str::from_utf8(text).is_ok()).then_some(text)
    }

    /// What stands in quotes next, without escapes, and whether it is ASCII.
    #[inline]
    fn plain(&mut self) -> Option<(&'t [u8], bool)> {
        self.pass(b'"')?;
        let rest = &self.text[self.at..];
        let (length, is_ascii) = plain(rest);
        if *rest.get(length)? != b'"' {
            return None;
        }
        self.at += length + 1;
        Some((&rest[..length], is_ascii))
    }

    /// The next whole number as it is written.
    pub(crate) fn number(&mut self) -> Option<&'t str> {
        let first = self.peek()?;
        let begin = self.at;
        let digits = &self.text[begin + usize::from(first == b'-')..];
        let count = digits
            .iter()
            .take_while(|byte| byte.is_ascii_digit())
            .count();
        if count == 0 || (count > 1 && digits[0] == b'0') {
            return None;
        }
        self.at = self.text.len() - digits.len() + count;
        str::from_utf8(&self.text[begin..self.at]).ok()
    }
}

/// The high bit of each of eight bytes.
const HIGH: u64 = (u64::MAX / 255) << 7;

/// How many bytes of a text come before the first that ends it or is out of the ordinary: a quote, a backslash or a control character; and
/// whether they are ASCII.
#[inline]
fn plain(text: &[u8]) -> (usize, bool) {
    let (mut length, mut seen) = (0, 0);
    while let Some(eight) = text[length..].first_chunk() {
        let eight = u64::from_le_bytes(*eight);
        let found = special(eight);
        if found != 0 {
            let first = found & found.wrapping_neg();
            seen |= eight & (first - 1);
            return (
                length + first.trailing_zeros() as usize / 8,
                seen & HIGH == 0,
            );
        }
        seen |= eight;
        length += 8;
    }
    let rest = &text[length..];
    let ordinary = rest
        .iter()
        .take_while(|byte| !matches!(byte, 0..b' ' | b'"' | b'\\'));
    let ordinary = ordinary.count();
    (
        length + ordinary,
        seen & HIGH == 0 && rest[..ordinary].is_ascii(),
    )
}

/// The high bit of the first byte of `eight` that ends a text or is out of the ordinary; bits of later bytes mean nothing.
#[inline]
const fn special(eight: u64) -> u64 {
    const EACH: u64 = u64::MAX / 255;
    const fn zeros(eight: u64) -> u64 {
        eight.wrapping_sub(EACH) & !eight
    }
    let quotes = zeros(eight ^ (EACH * b'"' as u64));
    let backslashes = zeros(eight ^ (EACH * b'\\' as u64));
    let controls = eight.wrapping_sub(EACH * b' ' as u64) & !eight;
    (quotes | backslashes | controls) & HIGH
}

impl<T: Quick> Quick for Option<T> {
    fn blank() -> Self {
        None
    }

    #[inline]
    fn quick(&mut self, from: &mut Cursor<'_, '_>) -> Option<()> {
        if from.null()? {
            *self = None;
            return Some(());
        }
        self.get_or_insert_with(T::blank).quick(from)
    }
}

#[cfg(test)]
mod tests {
    use super::{Cursor, Quick, plain};
    use crate::facts::Request;
    use crate::json::{Context, Path};

    /// A request with every fact there is, none of it out of the ordinary.
    fn full() -> String {
        include_str!("../../tests/runtime/full.json").replace("\\u00e9", "é")
    }

    fn is_read(text: &str) -> bool {
        let context = Context::new(true, &|| 7);
        let root = Path::root(&context);
        let mut from = Cursor::new(text.as_bytes(), &root);
        Request::blank().quick(&mut from).is_some() && from.is_at_end()
    }

    #[test]
    fn what_serializers_write_is_ordinary() {
        let full = full();
        let request = Request::from_json(full.as_bytes(), || 7).expect("a request");
        let value = serde_json::to_value(&request).expect("JSON");
        for text in [
            full.replace('\n', "\r\n"),
            full.replace("\"acme\"", "\"äcme 東京 𝄞\""),
            full.replace("\"2026-12-01T00:00:00Z\"", "null"),
            serde_json::to_string(&request).expect("in the contract's order"),
            serde_json::to_string_pretty(&request).expect("in the contract's order"),
            value.to_string(),
        ] {
            assert!(is_read(&text), "{text}");
        }
    }

    #[test]
    fn what_is_out_of_the_ordinary_is_left_to_the_strict_reader() {
        let full = full();
        for (from, to) in [
            ("\"user-17\"", "\"user\\u002d17\""),
            ("\"user-17\"", "\"user\u{1}17\""),
            ("\"user-17\"", "17"),
            ("\"user-17\"", "null"),
            ("\"id\"", "\"\""),
            ("\"id\"", "\"i\\u0064\""),
            ("\"id\"", "\"ID\""),
            ("\"action\":", "\"action\": \"scan\", \"action\":"),
            ("\"action\":", "\"action\""),
            ("\"action\":", "\u{c}\"action\":"),
            ("\"developer\"", "\"king\""),
            ("true", "truth"),
            ("true", "True"),
            ("4294967295", "4294967296"),
            ("50", "050"),
            ("50", "5e1"),
            ("-9223372036854775808", "-"),
            ("-9223372036854775808", "-9223372036854775809"),
            ("{", "[{"),
        ] {
            assert!(full.contains(from), "{from}");
            assert!(!is_read(&full.replacen(from, to, 1)), "{from} -> {to}");
        }
        for end in [1, full.len() / 2, full.trim_end().len() - 1] {
            assert!(!is_read(&full[..end]));
        }
        for after in ["{}", ",", "\0", "\u{b}", "x"] {
            assert!(!is_read(&format!("{full}{after}")), "{after:?}");
        }
    }

    #[test]
    fn the_first_special_byte_is_found_wherever_it_stands() {
        for length in 0..40 {
            for special in (0..b' ').chain([b'"', b'\\']) {
                let mut text = vec![b'x'; length];
                text.extend([special, 0x80, b'"', 0xff, b'\\', 0]);
                assert_eq!(plain(&text), (length, true), "{special} behind {length}");
                if let Some(last) = text[..length].last_mut() {
                    *last = 0x80;
                    assert_eq!(plain(&text), (length, false), "{special} behind {length}");
                }
            }
        }
        for ordinary in [&b"!#[]^_`{|}~ "[..], "öä€𝄞\u{7f}\u{80}\u{7ff}".as_bytes()] {
            for length in 0..16 {
                let text = [&vec![b'x'; length][..], ordinary].concat();
                assert_eq!(plain(&text), (text.len(), ordinary.is_ascii()));
            }
        }
    }
}
