//! States of accumulators as bytes, bit for bit, and a number for how they are laid out: the binary form names no fields,
//! so that what another build has laid out otherwise is refused in words and never read as numbers.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::json;

use crate::canonical;

/// A number for how states like this `empty` one are laid out: the names of all fields, and how long their lists are.
pub fn layout(empty: &impl Serialize) -> u64 {
    canonical::id(&json!(empty))
}

/// The bytes of a state.
pub fn encode(layout: u64, state: &impl Serialize) -> Vec<u8> {
    postcard::to_stdvec(&(layout, state)).expect("numbers and lists of known length")
}

/// The state of these bytes, all of them.
///
/// # Errors
/// Why they are none of this layout, in words.
pub fn decode<T: DeserializeOwned>(layout: u64, bytes: &[u8]) -> Result<T, String> {
    let (found, rest) = postcard::take_from_bytes::<u64>(bytes).map_err(|error| error.to_string())?;
    if found != layout {
        return Err("its sums are laid out as another build has them".to_owned());
    }
    let (state, rest) = postcard::take_from_bytes(rest).map_err(|error| error.to_string())?;
    if rest.is_empty() { Ok(state) } else { Err("its state has another shape".to_owned()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::statistics::Moments;

    #[test]
    fn decoding_gives_back_every_bit_and_nothing_else() {
        let mut moments = Moments::new(2);
        for value in [0.1, f64::NAN, -0.0] {
            moments.push([value, 1e300 * value].iter());
        }
        let here = layout(&Moments::new(2));
        let bytes = encode(here, &moments);
        let back: Moments = decode(here, &bytes).unwrap();
        assert_eq!(encode(here, &back), bytes);
        assert!((0..bytes.len()).all(|end| decode::<Moments>(here, &bytes[..end]).is_err()));
        assert!(decode::<Moments>(here, &[&bytes[..], &[0]].concat()).unwrap_err().contains("another shape"));
        assert!(decode::<Moments>(layout(&Moments::new(3)), &bytes).unwrap_err().contains("another build"));
    }
}
