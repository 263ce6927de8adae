//! A drawing as PDF: the same shapes, as vectors, letters as their outlines. Nothing in it is of the hour or the machine,
//! so that the same drawing is the same bytes.

use pdf_writer::types::{LineCapStyle, LineJoinStyle};
use pdf_writer::{Content, Filter, Finish, Name, Pdf, Rect, Ref};
use resvg::tiny_skia::{Path, PathSegment};
use resvg::usvg::{Color, FillRule, Group, LineCap, LineJoin, Node, Paint, Stroke, Transform, Tree};

/// Points for a pixel of a drawing, of which an inch has 96.
const POINTS: f32 = 0.75;
/// Effort of compression, out of 10.
const EFFORT: u8 = 6;

/// What is drawn so far, and the opacities that it takes: (of fills, of strokes).
struct Page {
    content: Content,
    opacities: Vec<(f32, f32)>,
}

fn matrix(t: Transform) -> [f32; 6] {
    [t.sx, t.ky, t.kx, t.sy, t.tx, t.ty]
}

fn colour(paint: &Paint) -> Option<[f32; 3]> {
    let Paint::Color(Color { red, green, blue }) = paint else { return None };
    Some([*red, *green, *blue].map(|part| f32::from(part) / 255.0))
}

impl Page {
    fn outline(&mut self, path: &Path) {
        let mut pen = (0.0, 0.0);
        for segment in path.segments() {
            match segment {
                PathSegment::MoveTo(p) => {
                    self.content.move_to(p.x, p.y);
                    pen = (p.x, p.y);
                }
                PathSegment::LineTo(p) => {
                    self.content.line_to(p.x, p.y);
                    pen = (p.x, p.y);
                }
                // PDF has cubic curves alone.
                PathSegment::QuadTo(c, p) => {
                    let toward = |from: f32, to: f32| from + 2.0 / 3.0 * (to - from);
                    let (x1, y1) = (toward(pen.0, c.x), toward(pen.1, c.y));
                    let (x2, y2) = (toward(p.x, c.x), toward(p.y, c.y));
                    self.content.cubic_to(x1, y1, x2, y2, p.x, p.y);
                    pen = (p.x, p.y);
                }
                PathSegment::CubicTo(a, b, p) => {
                    self.content.cubic_to(a.x, a.y, b.x, b.y, p.x, p.y);
                    pen = (p.x, p.y);
                }
                PathSegment::Close => {
                    self.content.close_path();
                }
            }
        }
    }

    /// The name of a state with these opacities.
    fn opacity(&mut self, wanted: (f32, f32)) {
        let index = self.opacities.iter().position(|known| *known == wanted).unwrap_or_else(|| {
            self.opacities.push(wanted);
            self.opacities.len() - 1
        });
        self.content.set_parameters(Name(format!("o{index}").as_bytes()));
    }

    fn pen(&mut self, stroke: &Stroke) {
        self.content.set_line_width(stroke.width().get());
        self.content.set_line_cap(match stroke.linecap() {
            LineCap::Butt => LineCapStyle::ButtCap,
            LineCap::Round => LineCapStyle::RoundCap,
            LineCap::Square => LineCapStyle::ProjectingSquareCap,
        });
        self.content.set_line_join(match stroke.linejoin() {
            LineJoin::Round => LineJoinStyle::RoundJoin,
            LineJoin::Bevel => LineJoinStyle::BevelJoin,
            LineJoin::Miter | LineJoin::MiterClip => LineJoinStyle::MiterJoin,
        });
        if let Some(dashes) = stroke.dasharray() {
            self.content.set_dash_pattern(dashes.iter().copied(), stroke.dashoffset());
        }
    }

    fn path(&mut self, path: &resvg::usvg::Path) {
        let fill = path.fill().and_then(|fill| Some((fill, colour(fill.paint())?)));
        let stroke = path.stroke().and_then(|stroke| Some((stroke, colour(stroke.paint())?)));
        if !path.is_visible() || (fill.is_none() && stroke.is_none()) {
            return;
        }
        self.content.save_state();
        self.content.transform(matrix(path.abs_transform()));
        let of = (fill.map_or(1.0, |(f, _)| f.opacity().get()), stroke.map_or(1.0, |(s, _)| s.opacity().get()));
        if of != (1.0, 1.0) {
            self.opacity(of);
        }
        if let Some((_, [r, g, b])) = fill {
            self.content.set_fill_rgb(r, g, b);
        }
        if let Some((stroke, [r, g, b])) = stroke {
            self.content.set_stroke_rgb(r, g, b);
            self.pen(stroke);
        }
        self.outline(path.data());
        let even_odd = fill.is_some_and(|(fill, _)| fill.rule() == FillRule::EvenOdd);
        match (fill.is_some(), stroke.is_some()) {
            (true, true) if even_odd => self.content.fill_even_odd_and_stroke(),
            (true, true) => self.content.fill_nonzero_and_stroke(),
            (true, false) if even_odd => self.content.fill_even_odd(),
            (true, false) => self.content.fill_nonzero(),
            _ => self.content.stroke(),
        };
        self.content.restore_state();
    }

    fn group(&mut self, group: &Group) {
        let clip = group.clip_path();
        if let Some(clip) = clip {
            self.content.save_state();
            let to_page = group.abs_transform().pre_concat(clip.transform());
            for node in clip.root().children() {
                if let Node::Path(path) = node
                    && let Some(outline) = path.data().clone().transform(to_page)
                {
                    self.outline(&outline);
                }
            }
            self.content.clip_nonzero();
            self.content.end_path();
        }
        for node in group.children() {
            match node {
                Node::Group(group) => self.group(group),
                Node::Path(path) => self.path(path),
                Node::Text(text) => self.group(text.flattened()),
                // Drawings hold no pictures.
                Node::Image(_) => {}
            }
        }
        if clip.is_some() {
            self.content.restore_state();
        }
    }
}

/// The document of a drawing: one page of its size.
pub fn pdf(tree: &Tree, title: &str) -> Vec<u8> {
    let (width, height) = (POINTS * tree.size().width(), POINTS * tree.size().height());
    let mut page = Page { content: Content::new(), opacities: Vec::new() };
    page.content.transform([POINTS, 0.0, 0.0, -POINTS, 0.0, height]);
    page.group(tree.root());
    let [catalog, pages, sheet, content, information] = [1, 2, 3, 4, 5].map(Ref::new);
    let first = 6;
    let mut pdf = Pdf::new();
    pdf.catalog(catalog).pages(pages);
    pdf.pages(pages).kids([sheet]).count(1);
    let mut written = pdf.page(sheet);
    written.parent(pages).media_box(Rect::new(0.0, 0.0, width, height)).contents(content);
    let states = 0..page.opacities.len();
    let state = |index: usize| Ref::new(first + index as i32);
    let mut resources = written.resources();
    let mut named = resources.ext_g_states();
    for index in states.clone() {
        named.pair(Name(format!("o{index}").as_bytes()), state(index));
    }
    named.finish();
    resources.finish();
    written.finish();
    for (index, (fill, stroke)) in states.zip(&page.opacities) {
        pdf.ext_graphics(state(index)).non_stroking_alpha(*fill).stroking_alpha(*stroke);
    }
    let packed = miniz_oxide::deflate::compress_to_vec_zlib(&page.content.finish(), EFFORT);
    pdf.stream(content, &packed).filter(Filter::FlateDecode);
    let mut about = pdf.document_info(information);
    about.title(pdf_writer::TextStr(title)).producer(pdf_writer::TextStr(super::MADE_BY));
    about.finish();
    pdf.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::tree::tree;

    const SVG: &str = "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"144pt\" height=\"72pt\" viewBox=\"0 0 288 144\" \
        font-family=\"DejaVu Sans\"><clipPath id=\"c\"><rect x=\"10\" y=\"20\" width=\"100\" height=\"50\"/></clipPath>\
        <g clip-path=\"url(#c)\"><path d=\"M0 0L100 100\" fill=\"none\" stroke=\"#ff0000\" stroke-dasharray=\"3 1\" stroke-opacity=\"0.5\"/>\
        </g><text x=\"20\" y=\"30\">J</text></svg>";

    #[test]
    fn a_drawing_becomes_a_page_of_its_size_in_vectors() {
        let tree = tree(SVG).unwrap();
        let bytes = pdf(&tree, "⟨J²⟩");
        assert!(bytes == pdf(&tree, "⟨J²⟩"), "not the same bytes");
        assert!(bytes.starts_with(b"%PDF-1."));
        let text = String::from_utf8_lossy(&bytes);
        assert!(
            text.contains("/MediaBox [0 0 144 72]") && text.contains("/CA 0.5") && !text.contains("Date"),
            "{text}"
        );
        let (start, end) = (b"stream\n", b"\nendstream");
        let find = |wanted: &[u8]| bytes.windows(wanted.len()).position(|w| w == wanted).unwrap();
        let packed = &bytes[find(start) + start.len()..find(end)];
        let drawn = miniz_oxide::inflate::decompress_to_vec_zlib(packed).unwrap();
        let drawn = String::from_utf8(drawn).unwrap();
        // The stroke with its dashes, the clip, the outline of a letter.
        for wanted in ["1 0 0 RG", "[3 1] 0 d", "\nW\n", "\nS\n", " c\n", "\nf\n"] {
            assert!(drawn.contains(wanted), "no {wanted:?} in {drawn}");
        }
    }
}
