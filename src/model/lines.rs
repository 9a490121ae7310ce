//! Lines of a text: LF, CRLF and CR each end one.

use std::cell::Cell;
use std::ops::Range;

use wide::u8x16;

/// How many lines end in a part of a text; a CR at its end may be half of a CRLF.
#[must_use]
pub fn line_ends(text: &[u8], part: Range<usize>) -> u64 {
    let ends = |this: u8x16, next: u8x16| {
        let is_lf = |octets: u8x16| octets.simd_eq(u8x16::splat(b'\n'));
        is_lf(this) | this.simd_eq(u8x16::splat(b'\r')) & !is_lf(next)
    };
    let end = part.end.min(text.len());
    let start = part.start.min(end);
    // Sixteen octets, and the sixteen that each stand one behind; what is left over is looked at one by one.
    let next = text.get(start + 1..text.len().min(end + 1)).unwrap_or_default().as_chunks().0;
    let these = text[start..end].as_chunks().0;
    let mut all = 0;
    // No more than an octet counts.
    for (these, next) in these.chunks(255).zip(next.chunks(255)) {
        let pairs = these.iter().zip(next).map(|(&this, &next)| ends(u8x16::new(this), u8x16::new(next)));
        let found = pairs.fold(u8x16::ZERO, |found, ends| found - ends);
        all += found.to_array().into_iter().map(u64::from).sum::<u64>();
    }
    let seen = start + 16 * these.len().min(next.len());
    let is_end = |&at: &usize| text[at] == b'\n' || text[at] == b'\r' && text.get(at + 1) != Some(&b'\n');
    all + (seen..end).filter(is_end).count() as u64
}

/// How many lines end in a text that is seen piece by piece.
#[derive(Debug, Default)]
pub struct Count {
    all: u64,
    /// Whether the last piece ended with a CR: it may be half of a CRLF.
    cr: bool,
}

impl Count {
    /// Takes the next piece.
    pub fn take(&mut self, piece: &[u8]) {
        self.all = self.with(piece);
        self.cr = piece.last().map_or(self.cr, |&last| last == b'\r');
    }

    /// How many there are with a piece that is not taken.
    #[must_use]
    pub fn with(&self, piece: &[u8]) -> u64 {
        let counted = self.cr && piece.first() == Some(&b'\n');
        self.all + line_ends(piece, 0..piece.len()) - u64::from(counted)
    }

    /// How many there are.
    #[must_use]
    pub fn all(&self) -> u64 {
        self.all
    }
}

/// The lines of a block. They are counted only where somebody asks, and on from there: few ask.
#[derive(Debug)]
pub struct Lines<'a> {
    text: &'a str,
    counted: Cell<(usize, u64)>,
}

impl<'a> Lines<'a> {
    /// The lines of a text that starts on the line `first` of the input.
    #[must_use]
    pub fn new(text: &'a str, first: u64) -> Self {
        Self { text, counted: Cell::new((0, first)) }
    }

    /// The line on which a byte of the text stands; places are asked for in ascending order.
    pub(super) fn of(&self, at: usize) -> u64 {
        let (from, line) = self.counted.get();
        let line = line + line_ends(self.text.as_bytes(), from..at);
        self.counted.set((at.max(from), line));
        line
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_end_with_lf_crlf_and_cr() {
        let text = "a\nb\r\nc\rd\r\r\n\n\r\n".repeat(7);
        let bytes = text.as_bytes();
        let is_end = |at: usize| match bytes[at] {
            b'\n' => true,
            b'\r' => bytes.get(at + 1) != Some(&b'\n'),
            _ => false,
        };
        for start in 0..=text.len() {
            for end in start..=text.len() {
                let want = (start..end).filter(|&at| is_end(at)).count();
                assert_eq!(line_ends(bytes, start..end), want as u64, "{start} {end}");
            }
        }
    }

    #[test]
    fn pieces_have_the_lines_of_the_whole() {
        let text = b"a\nb\r\nc\rd\r\r\n\n\r\n\n\r";
        for from in 0..=text.len() {
            for to in from..=text.len() {
                let mut count = Count::default();
                for piece in [&text[..from], &text[from..to], &text[to..]] {
                    count.take(piece);
                }
                assert_eq!(count.all(), line_ends(text, 0..text.len()), "{from} {to}");
            }
        }
    }

    #[test]
    fn any_number_of_lines_is_counted() {
        for len in [4080, 4096, 4097, 70_000] {
            let text = vec![b'\n'; len];
            // A part that the text does not have has no lines.
            assert_eq!(line_ends(&text, 0..len + 5), len as u64);
            assert_eq!(line_ends(&text, len + 1..len + 5) + line_ends(&text, len..3), 0);
        }
    }

    #[test]
    fn a_place_is_on_its_line() {
        let lines = Lines::new("a\r\nb\nc\rd", 7);
        assert_eq!([0, 2, 3, 5, 7, 7].map(|at| lines.of(at)), [7, 7, 8, 9, 10, 10]);
    }
}
