//! Small numbers in few octets: LEB128, as DWARF has it (section 7.6), unsigned.

/// Appends a number.
#[inline]
pub fn put(out: &mut Vec<u8>, number: u32) {
    each(number, |octet| out.push(octet));
}

/// Gives the octets of a number.
#[inline]
pub fn each(mut number: u32, mut give: impl FnMut(u8)) {
    while number >= 0x80 {
        give((number & 0x7f) as u8 | 0x80);
        number >>= 7;
    }
    give((number & 0x7f) as u8);
}

/// Takes the next number; `None` at the end, or when it is none of 32 bits.
#[inline]
pub fn take(octets: &mut &[u8]) -> Option<u32> {
    let (&first, rest) = octets.split_first()?;
    *octets = rest;
    // Most are that small.
    if first < 0x80 {
        return Some(first.into());
    }
    let (mut number, mut shift) = (u32::from(first & 0x7f), 7);
    loop {
        let (&octet, rest) = octets.split_first()?;
        *octets = rest;
        number |= u32::from(octet & 0x7f).checked_shl(shift)?;
        if octet & 0x80 == 0 {
            return Some(number);
        }
        shift += 7;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    proptest::proptest! {
        #[test]
        fn numbers_come_back(numbers: Vec<u32>, small in proptest::collection::vec(0_u32..300, 0..9)) {
            let all: Vec<u32> = numbers.into_iter().chain(small).collect();
            let mut octets = Vec::new();
            for &number in &all {
                put(&mut octets, number);
            }
            let mut rest = &octets[..];
            let back: Vec<u32> = std::iter::from_fn(|| take(&mut rest)).collect();
            proptest::prop_assert_eq!(back, all);
        }

        #[test]
        fn any_octets_are_read_without_harm(octets: Vec<u8>) {
            let mut rest = &octets[..];
            while take(&mut rest).is_some() {}
        }
    }
}
