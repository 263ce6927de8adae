//! An ensemble or a mode as it is read, before there is a product.

use std::ops::Range;

use toml::Spanned;

/// An ensemble or a mode, as far as baths need to know.
pub(super) struct Part<'a> {
    pub(super) name: &'a str,
    /// `ensemble.NAME` or `mode.NAME`.
    pub(super) key: String,
    pub(super) is_mode: bool,
    pub(super) frequency: f64,
    pub(super) coupling: Option<&'a Spanned<toml::Value>>,
    /// Where its start is said, or it is said itself.
    pub(super) span: Range<usize>,
}
