//! States in a frame that turns, in which their equation is real or slow.

/// The elements of a state in the frame of its equation, and how far the lab has turned against it since t = 0.
///
/// The elements go on through equations of other frequencies, and the angle with them.
#[derive(Clone, Debug, PartialEq)]
pub struct InFrame<T> {
    /// The elements, in the frame.
    pub elements: Vec<T>,
    /// In radians; those of a drive's frame are not seen from the lab, and the angle stays.
    pub angle: f64,
}
