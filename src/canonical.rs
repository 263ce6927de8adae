//! Ids from a canonical form: JSON without spaces, keys in a documented order, floats in the fewest digits that tell
//! them apart.

use serde_json::Value;
use sha2::{Digest, Sha256};

/// The first eight bytes of the SHA-256 of a value's canonical form, the least first.
#[must_use]
pub fn id(value: &Value) -> u64 {
    let digest = Sha256::digest(value.to_string());
    u64::from_le_bytes(digest[..8].try_into().expect("eight of 32 bytes"))
}

/// Its first sixteen bytes, in hexadecimal.
#[must_use]
pub fn fingerprint(value: &Value) -> String {
    hex(&Sha256::digest(value.to_string())[..16])
}

/// Bytes as hexadecimal digits.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
