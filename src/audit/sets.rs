//! Disjoint sets of records, each known by its first record.

/// Joins records pair by pair.
#[derive(Debug, Default)]
pub(super) struct Sets {
    pairs: Vec<(u32, u32)>,
}

impl Sets {
    /// Two records are of one set.
    pub(super) fn join(&mut self, a: u32, b: u32) {
        self.pairs.push((a, b));
    }

    /// Takes the pairs of another.
    pub(super) fn extend(&mut self, other: Self) {
        self.pairs.extend(other.pairs);
    }

    /// Every record that was named, in ascending order, with the first of its set.
    pub(super) fn firsts(self) -> Vec<(u32, u32)> {
        let mut rows: Vec<u32> = self.pairs.iter().flat_map(|&(a, b)| [a, b]).collect();
        rows.sort_unstable();
        rows.dedup();
        // By place among the rows; what is above a row is never behind it.
        let mut above: Vec<usize> = (0..rows.len()).collect();
        let place = |row: u32| rows.partition_point(|&known| known < row);
        for (a, b) in self.pairs {
            let (a, b) = (top(&mut above, place(a)), top(&mut above, place(b)));
            above[a.max(b)] = a.min(b);
        }
        let tops: Vec<usize> = (0..rows.len()).map(|at| top(&mut above, at)).collect();
        rows.iter().zip(tops).map(|(&row, top)| (row, rows[top])).collect()
    }
}

/// The top above a place; halves the way there for those who ask next.
fn top(above: &mut [usize], mut at: usize) -> usize {
    while above[at] != at {
        above[at] = above[above[at]];
        at = above[at];
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_is_known_by_its_first_record() {
        let mut sets = Sets::default();
        for (a, b) in [(9, 7), (4, 5), (7, 5), (30, 30), (20, 21)] {
            sets.join(a, b);
        }
        assert_eq!(sets.firsts(), [(4, 4), (5, 4), (7, 4), (9, 4), (20, 20), (21, 20), (30, 30)]);
    }
}
