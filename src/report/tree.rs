//! A drawing as shapes, with a font that is part of the program: no font and no library of the system is needed.

use std::sync::{Arc, LazyLock};

use resvg::usvg::{Options, Tree, fontdb};

/// DejaVu Sans, cut down to Latin, Greek and mathematics; see font/LICENSE.
const FONT: &[u8] = include_bytes!("font/DejaVuSans-subset.ttf");

static FONTS: LazyLock<Arc<fontdb::Database>> = LazyLock::new(|| {
    let mut fonts = fontdb::Database::new();
    fonts.load_font_data(FONT.to_vec());
    fonts.set_sans_serif_family("DejaVu Sans");
    Arc::new(fonts)
});

/// The shapes of a drawing; letters are there as their outlines too.
///
/// # Errors
/// In words, should the drawing not be SVG.
pub fn tree(svg: &str) -> Result<Tree, String> {
    let options = Options { fontdb: FONTS.clone(), font_family: "DejaVu Sans".to_owned(), ..Options::default() };
    Tree::from_str(svg, &options).map_err(|e| e.to_string())
}
