//! No file passes for a piece that is none, and none makes the reader panic.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| superjump::store::hostile::piece(data));
