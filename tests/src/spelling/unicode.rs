//! What Unicode says of a code point, as far as spelling goes.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use icu_normalizer::{ComposingNormalizerBorrowed, DecomposingNormalizerBorrowed};
use icu_properties::props::{
    CanonicalCombiningClass, DefaultIgnorableCodePoint, GeneralCategory, NoncharacterCodePoint,
    WhiteSpace,
};
use icu_properties::{CodePointMapData, CodePointSetData};

/// What stands beside those that have a property: they print as nothing in any font. The blank of braille, the replacement of an object, the
/// filler of Khitan, two blanks of hieroglyphs, and a note without a head.
const BLANKS: [char; 6] = [
    '\u{2800}',
    '\u{fffc}',
    '\u{16fe4}',
    '\u{13441}',
    '\u{13442}',
    '\u{1d159}',
];

/// Letters of everyday words that have a compatibility form all the same: Armenian, Thai, Lao.
const LETTERS: [char; 5] = ['\u{587}', '\u{e33}', '\u{eb3}', '\u{edc}', '\u{edd}'];

/// Marks, and parts of syllables and letters, for which NFC has a code point with what stands before them.
const PARTS: [(char, char); 10] = [
    ('\u{300}', '\u{36f}'),
    ('\u{653}', '\u{655}'),
    ('\u{1100}', '\u{11ff}'),
    ('\u{1ab0}', '\u{1aff}'),
    ('\u{1dc0}', '\u{1dff}'),
    ('\u{20d0}', '\u{20ff}'),
    ('\u{3099}', '\u{309a}'),
    ('\u{a960}', '\u{a97f}'),
    ('\u{d7b0}', '\u{d7ff}'),
    ('\u{fe20}', '\u{fe2f}'),
];

/// How a code point is spelled; the numbers are those of [`scopegate_contract::SPELLINGS`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// It folds by so much, or not at all; ASCII too, whose case is the path's business.
    Folds(i32),
    /// It prints as nothing.
    Blank,
    /// It has another form, or is part of one.
    Doubtful,
    /// A mark with a combining class.
    Mark,
    /// It is one with some [`Kind::Second`] or [`Kind::SecondMark`] behind it.
    First,
    /// It is one with some [`Kind::First`] before it.
    Second,
    /// Both a mark and a second.
    SecondMark,
}

/// How the code point is spelled.
pub fn kind(code: char) -> Kind {
    if is_blank(code) {
        return Kind::Blank;
    }
    if code.is_ascii() {
        return Kind::Folds(0);
    }
    if is_doubtful(code) {
        return Kind::Doubtful;
    }
    let pairs = &*PAIRS;
    let is_mark = CodePointMapData::<CanonicalCombiningClass>::new().get(code)
        != CanonicalCombiningClass::NotReordered;
    match (pairs.seconds.contains(&code), is_mark) {
        (true, true) => Kind::SecondMark,
        (true, false) => Kind::Second,
        (false, true) => Kind::Mark,
        (false, false) if pairs.firsts.contains(&code) => Kind::First,
        _ => Kind::Folds((u32::from(fold(code)).cast_signed()) - u32::from(code).cast_signed()),
    }
}

/// Whether Unicode says anything of the code point.
pub fn is_assigned(code: char) -> bool {
    category(code) != GeneralCategory::Unassigned
}

fn category(code: char) -> GeneralCategory {
    CodePointMapData::<GeneralCategory>::new().get(code)
}

/// Whether the code point prints as nothing.
pub(super) fn is_blank(code: char) -> bool {
    if code.is_ascii() {
        return code == ' ' || code.is_ascii_control();
    }
    let category = matches!(
        category(code),
        GeneralCategory::Control
            | GeneralCategory::Format
            | GeneralCategory::SpaceSeparator
            | GeneralCategory::LineSeparator
            | GeneralCategory::ParagraphSeparator
    );
    category
        || CodePointSetData::new::<WhiteSpace>().contains(code)
        || CodePointSetData::new::<DefaultIgnorableCodePoint>().contains(code)
        || CodePointSetData::new::<NoncharacterCodePoint>().contains(code)
        || BLANKS.contains(&code)
}

fn is_doubtful(code: char) -> bool {
    let is_part = PARTS
        .iter()
        .any(|(first, last)| (first..=last).contains(&&code));
    let is_compatible = || {
        let itself = code.to_string();
        ComposingNormalizerBorrowed::new_nfkc().normalize(&itself) != itself
    };
    is_part
        || category(code) == GeneralCategory::EnclosingMark
        || is_assigned(code) && !LETTERS.contains(&code) && is_compatible()
}

/// The two halves of letters that NFC puts together, but for those of [`PARTS`].
struct Pairs {
    firsts: BTreeSet<char>,
    seconds: BTreeSet<char>,
}

static PAIRS: LazyLock<Pairs> = LazyLock::new(|| {
    let mut pairs = Pairs {
        firsts: BTreeSet::new(),
        seconds: BTreeSet::new(),
    };
    let (nfc, nfd) = (
        ComposingNormalizerBorrowed::new_nfc(),
        DecomposingNormalizerBorrowed::new_nfd(),
    );
    for code in '\u{80}'..=char::MAX {
        let itself = code.to_string();
        let apart = nfd.normalize(&itself);
        let Some((at, second)) = apart.char_indices().next_back() else {
            continue;
        };
        if at == 0 || nfc.normalize(&itself) != itself || is_doubtful(second) {
            continue;
        }
        let first = nfc.normalize(&apart[..at]);
        let mut first = first.chars();
        pairs.firsts.extend(first.next());
        assert_eq!(first.next(), None, "{code:?} is put together of two");
        pairs.seconds.insert(second);
    }
    pairs
});

/// The code point without case, as [`folded`] does without spelling out.
fn fold(code: char) -> char {
    // Its small letter has a dot of its own.
    if code == 'İ' {
        return 'i';
    }
    let upper = only(code.to_uppercase()).unwrap_or(code);
    only(upper.to_lowercase()).unwrap_or(upper)
}

/// The code point without case: those of one letter are one, and those that are written with two letters are two.
pub(super) fn folded(code: char) -> Vec<char> {
    match fold(code) {
        'ß' => vec!['s', 's'],
        'և' => vec!['ե', 'ւ'],
        other => vec![other],
    }
}

fn only(mut codes: impl Iterator<Item = char>) -> Option<char> {
    let one = codes.next();
    if codes.next().is_some() { None } else { one }
}
