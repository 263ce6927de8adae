//! Operators as they are written: `g * (a.Jp * c.a + a.Jm * c.ad)`.
//!
//! `+ - * / ^ ( )`, numbers, `i`, `pi`, names of parameters, `sqrt( )` and `exp( )` of numbers, `dag( )` for the Hermitian
//! conjugate, and `NAME.Jx Jy Jz Jp Jm` of an ensemble, `NAME.a ad n` of a mode. Powers bind before products, products
//! before sums, and what comes of it is in normal order.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use num_complex::Complex64;
use strsim::osa_distance;

use super::{Algebra, Operator, Powers};

/// Parameters by name.
pub type Parameters = BTreeMap<String, f64>;

/// The most letters of a word: more is a slip, and powers of sums grow fast.
const MOST_LETTERS: u32 = 16;
/// The most words of an operator.
const MOST_WORDS: usize = 4096;
/// The most parentheses within each other, signs and powers counted.
const MOST_DEPTH: usize = 100;
const SPIN: [&str; 5] = ["Jx", "Jy", "Jz", "Jp", "Jm"];
const BOSON: [&str; 3] = ["a", "ad", "n"];
/// Names that mean something of their own.
const WORDS: [&str; 5] = ["i", "pi", "sqrt", "exp", "dag"];

/// Why a text is no operator: what, and where in it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message} (column {} of \"{text}\")", .text[..span.start].chars().count() + 1)]
pub struct OperatorError {
    /// What is wrong, and what is allowed.
    pub message: String,
    /// The bytes of the text that it is about.
    pub span: Range<usize>,
    /// The text.
    pub text: String,
}

/// Whether a text may be the name of a factor or a parameter: letters, digits and `_`, no digit first.
#[must_use]
pub fn is_name(name: &str) -> bool {
    let first = name.chars().next().is_some_and(|c| c.is_ascii_alphabetic() || c == '_');
    first && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') && !WORDS.contains(&name)
}

/// What a text may name.
#[derive(Clone, Copy, Debug)]
pub struct Names<'a> {
    /// The factors, in their order.
    pub factors: &'a [&'a str],
    /// Their algebras.
    pub algebras: &'a Arc<[Algebra]>,
    /// The parameters.
    pub parameters: &'a Parameters,
}

#[derive(Clone, Debug, PartialEq)]
enum Token {
    Number(f64),
    Name(String),
    Sign(char),
    End,
}

struct Parser<'a> {
    text: &'a str,
    names: Names<'a>,
    /// What comes next, and where.
    token: Token,
    span: Range<usize>,
    /// The end of the token before.
    end: usize,
    depth: usize,
    used: Vec<String>,
}

type Parsed<T> = Result<T, OperatorError>;

impl Operator {
    /// The operator that a text says, and which parameters it names.
    ///
    /// # Errors
    /// If it says none: with a message, and where in the text.
    pub fn parse(text: &str, names: Names<'_>) -> Result<(Operator, Vec<String>), OperatorError> {
        let mut parser = Parser { text, names, token: Token::End, span: 0..0, end: 0, depth: 0, used: Vec::new() };
        parser.advance()?;
        let operator = parser.sum()?;
        match &parser.token {
            Token::End if operator.terms.values().all(|value| value.is_finite()) => Ok((operator, parser.used)),
            Token::End => Err(parser.error(0..text.len(), "a number in it is beyond all bounds")),
            Token::Sign(')') => Err(parser.error(parser.span.clone(), "no parenthesis is open here")),
            _ => Err(parser.error(parser.span.clone(), "an operator is missing before this: + - * / or ^")),
        }
    }
}

/// The nearest of these names, as a question.
fn nearest<'a>(word: &str, names: impl IntoIterator<Item = &'a str>) -> String {
    let far = |name: &&str| osa_distance(&word.to_lowercase(), &name.to_lowercase());
    let length = word.chars().count();
    // Of a single letter every other is as near.
    let near = |name: &&str| far(name) <= length.div_ceil(3) && far(name) < length;
    let found = names.into_iter().min_by_key(far).filter(near);
    found.map_or_else(String::new, |name| format!("; did you mean `{name}`?"))
}

impl Parser<'_> {
    fn error(&self, span: Range<usize>, message: impl Into<String>) -> OperatorError {
        OperatorError { message: message.into(), span, text: self.text.to_owned() }
    }

    /// Reads the next token.
    fn advance(&mut self) -> Parsed<()> {
        self.end = self.span.end;
        let rest = &self.text[self.end..];
        let start = self.end + (rest.len() - rest.trim_start().len());
        let rest = &self.text[start..];
        let while_ = |accepts: fn(char) -> bool| rest.find(|c| !accepts(c)).unwrap_or(rest.len());
        let (token, length) = match rest.chars().next() {
            None => (Token::End, 0),
            Some(c) if c.is_ascii_digit() || (c == '.' && rest[1..].starts_with(|c: char| c.is_ascii_digit())) => {
                let mut length = while_(|c| c.is_ascii_digit() || c == '.');
                // An exponent, where digits follow.
                let tail = &rest[length..];
                if let Some(after) = tail.strip_prefix(['e', 'E']) {
                    let digits = after.strip_prefix(['+', '-']).unwrap_or(after);
                    if digits.starts_with(|c: char| c.is_ascii_digit()) {
                        let signs = tail.len() - digits.len();
                        length += signs + digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len());
                    }
                }
                let value = rest[..length].parse().ok().filter(|value: &f64| value.is_finite());
                let value = value.ok_or_else(|| self.error(start..start + length, "this is no finite number"))?;
                (Token::Number(value), length)
            }
            Some(c) if c.is_alphabetic() || c == '_' => {
                let length = while_(|c| c.is_alphanumeric() || c == '_');
                (Token::Name(rest[..length].to_owned()), length)
            }
            Some(c) if "+-*/^().".contains(c) => (Token::Sign(c), 1),
            Some(c) => {
                let message = format!("`{c}` is not part of an operator: + - * / ^ ( ), numbers and names are");
                return Err(self.error(start..start + c.len_utf8(), message));
            }
        };
        self.token = token;
        self.span = start..start + length;
        Ok(())
    }

    /// Goes past a sign, if it is next.
    fn take(&mut self, signs: &[char]) -> Parsed<Option<char>> {
        match self.token {
            Token::Sign(sign) if signs.contains(&sign) => self.advance().map(|()| Some(sign)),
            _ => Ok(None),
        }
    }

    fn expect(&mut self, sign: char, after: &str) -> Parsed<()> {
        match self.take(&[sign])? {
            Some(_) => Ok(()),
            None => Err(self.error(self.span.clone(), format!("a `{sign}` is missing {after}"))),
        }
    }

    fn sum(&mut self) -> Parsed<Operator> {
        let mut sum = self.product()?;
        while let Some(sign) = self.take(&['+', '-'])? {
            let next = self.product()?;
            sum = if sign == '+' { &sum + &next } else { &sum - &next };
        }
        Ok(sum)
    }

    fn product(&mut self) -> Parsed<Operator> {
        let start = self.span.start;
        let mut product = self.signed()?;
        while let Some(sign) = self.take(&['*', '/'])? {
            let from = self.span.start;
            let next = self.signed()?;
            product = if sign == '*' {
                self.times(&product, &next, start)?
            } else {
                let divisor = next.as_number().filter(|value| *value != Complex64::ZERO);
                let divisor = divisor
                    .ok_or_else(|| self.error(from..self.end, "only a number other than zero may stand below `/`"))?;
                &product * divisor.inv()
            };
        }
        Ok(product)
    }

    /// A product that is not too long.
    fn times(&self, left: &Operator, right: &Operator, start: usize) -> Parsed<Operator> {
        let too_long = || {
            let message = format!("too long: at most {MOST_LETTERS} operators in a row, and {MOST_WORDS} terms");
            self.error(start..self.end, message)
        };
        let pairs = left.terms.len().saturating_mul(right.terms.len());
        if left.degree() + right.degree() > MOST_LETTERS || pairs > MOST_WORDS {
            return Err(too_long());
        }
        let product = left * right;
        if product.terms.len() > MOST_WORDS { Err(too_long()) } else { Ok(product) }
    }

    fn signed(&mut self) -> Parsed<Operator> {
        self.depth += 1;
        if self.depth > MOST_DEPTH {
            return Err(
                self.error(self.span.clone(), format!("more than {MOST_DEPTH} levels of parentheses and signs"))
            );
        }
        let result = match self.take(&['+', '-'])? {
            Some('-') => self.signed().map(|operator| -&operator),
            Some(_) => self.signed(),
            None => self.power(),
        };
        self.depth -= 1;
        result
    }

    fn power(&mut self) -> Parsed<Operator> {
        let start = self.span.start;
        let base = self.atom()?;
        if self.take(&['^'])?.is_none() {
            return Ok(base);
        }
        let from = self.span.start;
        let exponent = self.signed()?.as_number();
        let span = from..self.end;
        // Numbers have any power, operators whole ones.
        if let (Some(base), Some(exponent)) = (base.as_number(), exponent) {
            let value = match whole(exponent).and_then(|whole| i32::try_from(whole).ok()) {
                Some(whole) => base.powi(whole),
                None => base.powc(exponent),
            };
            return self.number(value, start..self.end);
        }
        let whole = exponent.and_then(whole).filter(|whole| (0..=i64::from(MOST_LETTERS)).contains(whole));
        let Some(whole) = whole else {
            let message = format!("the power of an operator is a whole number from 0 to {MOST_LETTERS}");
            return Err(self.error(span, message));
        };
        let one = Operator::number(self.names.algebras, Complex64::ONE);
        (0..whole).try_fold(one, |product, _| self.times(&product, &base, start))
    }

    fn number(&self, value: Complex64, span: Range<usize>) -> Parsed<Operator> {
        if value.is_finite() {
            Ok(Operator::number(self.names.algebras, value))
        } else {
            Err(self.error(span, "this is no finite number"))
        }
    }

    fn atom(&mut self) -> Parsed<Operator> {
        let (token, span) = (self.token.clone(), self.span.clone());
        self.advance()?;
        match token {
            Token::Number(value) => self.number(value.into(), span),
            Token::Sign('(') => {
                let inner = self.sum()?;
                self.expect(')', "to close the parenthesis").map(|()| inner)
            }
            Token::Name(name) => match name.as_str() {
                _ if self.take(&['.'])?.is_some() => self.letter(&name, span),
                "i" => self.number(Complex64::I, span),
                "pi" => self.number(std::f64::consts::PI.into(), span),
                "sqrt" | "exp" | "dag" => self.function(&name),
                _ => self.parameter(name, span),
            },
            Token::Sign(sign) => Err(self.error(span, format!("a number or a name is missing before `{sign}`"))),
            Token::End => Err(self.error(span, "the operator ends where a number or a name should stand")),
        }
    }

    fn function(&mut self, name: &str) -> Parsed<Operator> {
        self.expect('(', &format!("after `{name}`"))?;
        let start = self.span.start;
        let inner = self.sum()?;
        let span = start..self.end;
        self.expect(')', &format!("to close `{name}(`"))?;
        if name == "dag" {
            return Ok(inner.adjoint());
        }
        let Some(value) = inner.as_number() else {
            return Err(self.error(span, format!("`{name}` is of numbers, not of operators")));
        };
        self.number(if name == "sqrt" { value.sqrt() } else { value.exp() }, span)
    }

    fn parameter(&mut self, name: String, span: Range<usize>) -> Parsed<Operator> {
        let Names { factors, parameters, .. } = self.names;
        if let Some(value) = parameters.get(&name) {
            self.used.push(name);
            return self.number((*value).into(), span);
        }
        let message = match factors.iter().position(|factor| *factor == name) {
            Some(factor) => {
                format!("which operator of `{name}`? write {}", written(&name, self.names.algebras[factor]))
            }
            None => {
                let known = parameters.keys().map(String::as_str).chain(factors.iter().copied()).chain(WORDS);
                format!("there is no parameter `{name}`{}", nearest(&name, known))
            }
        };
        Err(self.error(span, message))
    }

    /// `NAME.letter`, from the letter on.
    fn letter(&mut self, name: &str, of: Range<usize>) -> Parsed<Operator> {
        let Names { factors, algebras, .. } = self.names;
        let Some(factor) = factors.iter().position(|factor| *factor == name) else {
            let known = factors.join(", ");
            let message = format!(
                "there is no ensemble or mode `{name}`{} (there are: {known})",
                nearest(name, factors.iter().copied())
            );
            return Err(self.error(of, message));
        };
        let letter = |powers| Operator::letter(algebras, factor, powers);
        let (raise, lower) = (letter(Powers::RAISE), letter(Powers::LOWER));
        let (half, half_i) = (Complex64::new(0.5, 0.0), Complex64::new(0.0, 0.5));
        let spelled = match &self.token {
            Token::Name(spelled) => spelled.clone(),
            _ => String::new(),
        };
        let operator = match (algebras[factor], spelled.as_str()) {
            (Algebra::Spin, "Jx") => &(&raise + &lower) * half,
            (Algebra::Spin, "Jy") => &(&lower - &raise) * half_i,
            (Algebra::Spin, "Jz") => letter(Powers::Z),
            (Algebra::Spin, "Jp") | (Algebra::Boson, "ad") => raise,
            (Algebra::Spin, "Jm") | (Algebra::Boson, "a") => lower,
            (Algebra::Boson, "n") => &raise * &lower,
            (algebra, other) => {
                let own = if algebra == Algebra::Spin { SPIN.as_slice() } else { &BOSON };
                let near = nearest(other, own.iter().copied());
                let message = format!("`{name}` has {}{near}", written(name, algebra));
                return Err(self.error(self.span.clone(), message));
            }
        };
        self.advance().map(|()| operator)
    }
}

/// The whole number that a number is, if it is one.
fn whole(value: Complex64) -> Option<i64> {
    (value.im == 0.0 && value.re.fract() == 0.0 && value.re.abs() < 1e15).then_some(value.re as i64)
}

/// The operators of a factor, written out.
fn written(name: &str, algebra: Algebra) -> String {
    let own = if algebra == Algebra::Spin { SPIN.as_slice() } else { &BOSON };
    own.iter().map(|letter| format!("{name}.{letter}")).collect::<Vec<_>>().join(", ")
}
