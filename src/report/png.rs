//! A drawing as PNG.

use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg::Tree;

/// Pixels of the image for a pixel of the drawing, of which an inch has 96: 384 to an inch.
const SCALE: f32 = 4.0;

/// The image of a drawing.
///
/// # Errors
/// In words, should the drawing be too large to hold.
pub fn png(tree: &Tree) -> Result<Vec<u8>, String> {
    let size = tree.size().to_int_size().scale_by(SCALE).ok_or("no size")?;
    let mut image = Pixmap::new(size.width(), size.height()).ok_or("too large")?;
    resvg::render(tree, Transform::from_scale(SCALE, SCALE), &mut image.as_mut());
    image.encode_png().map_err(|e| e.to_string())
}
