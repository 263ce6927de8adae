use super::*;
use crate::bath::Coupling;
use crate::circuit::{Circuit, Filter, FilterForm, Resonator, Transmon};
use crate::model::{Bounds, Course, DriveCourse, Outline, Pulse, Setting, Shape, SpectralDensity, Tone, Wave};
use proptest::prelude::*;

fn segment(duration: f64, frequency: Course) -> Segment {
    Segment { duration, frequency, baths: Vec::new(), drive: DriveCourse::default() }
}

fn ramp(from: f64, to: f64, shape: Shape) -> Course {
    Course::Ramp { from, to, shape }
}

fn change(bath: &str, setting: Setting, course: Course) -> Change {
    Change { bath: bath.into(), setting, course }
}

fn thermal(name: &str, density: SpectralDensity) -> Reservoir {
    Reservoir::thermal(name, Coupling::Collective, density, 0.7).unwrap()
}

fn baths() -> Vec<Reservoir> {
    let filter = |form| SpectralDensity::Filtered { on_resonance: 0.8, filter: Filter::new(9.0, 1.7, form).unwrap() };
    vec![
        thermal("flat", SpectralDensity::Flat(0.7)),
        thermal("line", filter(FilterForm::Lorentzian)),
        thermal("full", filter(FilterForm::Full)),
        Reservoir::given("given", Coupling::Local, 0.4, 0.1).unwrap().dephasing(0.2).unwrap(),
    ]
}

fn of(segments: &[Segment], repeats: Repeats) -> Result<Protocol, ProtocolError> {
    Protocol::new(Units::Natural, &baths(), segments, repeats)
}

#[test]
fn a_protocol_has_the_values_of_its_segments_and_the_rates_of_the_baths_there() {
    let mut second = segment(3.0, ramp(2.0, 1.0, Shape::Linear));
    second.baths = vec![
        change("flat", Setting::Rate, ramp(0.0, 1.0, Shape::Linear)),
        change("line", Setting::Temperature, Course::Table(vec![(0.0, 0.5), (1.0, 2.0), (3.0, 2.0)])),
        change("given", Setting::Up, Course::Held(0.3)),
    ];
    let protocol = of(&[segment(1.0, Course::Held(1.5)), second], Repeats::Cycles(3)).unwrap();
    assert_eq!((protocol.period(), protocol.end(), protocol.cycles()), (4.0, 12.0, 3));
    assert_eq!(protocol.boundaries().collect::<Vec<_>>(), [1.0, 4.0]);
    for offset in [0.0, 4.0, 8.0] {
        let frequency = |time: f64| protocol.frequency(offset + time);
        // A quench comes after the end of a segment.
        assert_eq!([frequency(0.5), frequency(1.0), frequency(2.5), frequency(4.0)], [1.5, 1.5, 1.5, 1.0]);
        let unset = &protocol.stages()[0];
        for (bath, reservoir) in baths().iter().enumerate() {
            assert_eq!(protocol.rates(bath, offset + 0.5), reservoir.rates(Units::Natural, 1.5, 0.0));
        }
        assert!(unset.is_held() && unset.knots().is_empty());
        let time = offset + 2.5;
        assert!((protocol.rates(0, time).down - Rates::thermal(0.5, 1.5 / 0.7).down).abs() < 1e-15);
        let line = SpectralDensity::Filtered {
            on_resonance: 0.8,
            filter: Filter::new(9.0, 1.7, FilterForm::Lorentzian).unwrap(),
        };
        assert_eq!(protocol.rates(1, time).up, Rates::thermal(line.gamma(1.5), 1.5 / 2.0).up);
        assert_eq!(protocol.rates(3, time), Rates { down: 0.4, up: 0.3, dephasing: 0.2 });
        assert_eq!(protocol.model(4, time).baths[1].temperature, Some(2.0));
    }
    assert_eq!(protocol.stages()[1].knots(), [1.0]);
}

#[test]
fn a_bath_has_the_temperature_at_which_it_acts_if_that_is_one() {
    let acting = |rate: f64, temperature: f64, down: f64, frequency: f64| Segment {
        baths: vec![
            change("flat", Setting::Rate, Course::Held(rate)),
            change("flat", Setting::Temperature, Course::Held(temperature)),
            change("line", Setting::Rate, Course::Held(0.0)),
            change("full", Setting::Rate, Course::Held(0.0)),
            change("given", Setting::Down, Course::Held(down)),
            change("given", Setting::Up, Course::Held(down / 4.0)),
        ],
        ..segment(1.0, Course::Held(frequency))
    };
    // Idle at another temperature, and at another frequency.
    let of = |second: Segment| of(&[acting(0.0, 9.0, 0.4, 2.0), second], Repeats::Cycles(2)).unwrap();
    let protocol = of(acting(0.5, 4.0, 0.0, 5.0));
    let inverse = protocol.inverse_temperatures().unwrap();
    assert_eq!(inverse[..3], [Some(0.25), None, None]);
    assert!((inverse[3].unwrap() - libm::log(4.0) / 2.0).abs() < 1e-15);
    // At two frequencies the same rates are of two temperatures; so is a bath that changes its own.
    assert_eq!(of(acting(0.5, 4.0, 0.4, 5.0)).inverse_temperatures(), Err(3));
    let changed = [acting(0.5, 1.0, 0.0, 1.0), acting(0.5, 8.0, 0.0, 2.0)];
    let changed = Protocol::new(Units::Natural, &baths(), &changed, Repeats::Cycles(2)).unwrap();
    assert_eq!(changed.inverse_temperatures(), Err(0));
    assert!(protocol.does_work(0) && protocol.does_work(1));
    let still = Protocol::new(Units::Natural, &baths(), &[acting(0.5, 1.0, 0.0, 1.0)], Repeats::Cycles(2)).unwrap();
    assert!(!still.does_work(0));
}

#[test]
fn what_is_no_protocol_is_refused_by_its_segment() {
    let held = || Course::Held(1.0);
    let with =
        |bath: &str, setting, course| Segment { baths: vec![change(bath, setting, course)], ..segment(2.0, held()) };
    let twice =
        Segment { baths: [0, 1].map(|_| change("flat", Setting::Rate, held())).to_vec(), ..segment(1.0, held()) };
    let boundless = Segment {
        baths: [Setting::Rate, Setting::Temperature].map(|of| change("flat", of, Course::Held(1e200))).to_vec(),
        ..segment(1.0, held())
    };
    for (wrong, words) in [
        (segment(0.0, held()), ["duration of 0", "positive"]),
        (segment(f64::NAN, held()), ["duration of NaN", "positive"]),
        (segment(1.0, ramp(1.0, 0.0, Shape::Linear)), ["frequency goes down to 0", "positive"]),
        (segment(1.0, Course::Table(vec![(0.0, 1.0), (0.5, -0.5), (1.0, 1.0)])), ["down to -0.5", "positive"]),
        (segment(1.0, Course::Table(vec![(0.0, 1.0), (0.6, 1.0), (0.5, 2.0)])), ["frequency", "0.5 after 0.6"]),
        (with("flat", Setting::Temperature, ramp(1.0, -0.1, Shape::Cosine)), ["temperature of bath \"flat\"", "-0.1"]),
        (with("line", Setting::Rate, Course::Held(-1.0)), ["rate of bath \"line\"", "-1"]),
        (with("sun", Setting::Rate, held()), ["no bath \"sun\"", "flat, line, full, given"]),
        (with("given", Setting::Temperature, held()), ["temperature of bath \"given\"", "are given"]),
        (with("flat", Setting::Up, held()), ["absorption of bath \"flat\"", "follow from"]),
        (boundless, ["rates of bath \"flat\"", "not finite"]),
        (twice, ["rate of bath \"flat\"", "twice"]),
    ] {
        let message = of(&[segment(1.0, held()), wrong], Repeats::Once).unwrap_err().to_string();
        assert!(message.starts_with("segment 2") && words.iter().all(|word| message.contains(word)), "{message}");
    }
    assert_eq!(of(&[], Repeats::Once), Err(ProtocolError::NoSegments));
    assert_eq!(of(&[segment(1.0, held())], Repeats::Cycles(0)), Err(ProtocolError::NoCycles));
}

#[test]
fn a_sweep_faster_than_a_filter_forgets_is_told() {
    // Lines of width 1.7/9 = 0.19, the square of which is 0.036: ramps at 0.03 and at 0.04, and one that is steepest at
    // its middle, pi/2 times as steep.
    let segments = [
        segment(10.0, ramp(1.5, 1.8, Shape::Linear)),
        segment(10.0, ramp(1.8, 1.4, Shape::Linear)),
        segment(10.0, ramp(1.4, 1.7, Shape::Cosine)),
        segment(1.0, Course::Held(1.0)),
    ];
    let outrun = of(&segments, Repeats::Once).unwrap().outrun();
    let places: Vec<(usize, usize)> = outrun.iter().map(|outrun| (outrun.segment, outrun.bath)).collect();
    assert_eq!(places, [(1, 1), (1, 2), (2, 1), (2, 2)]);
    let limit = (1.7 / 9.0_f64).powi(2);
    assert!((outrun[0].speed - 0.04).abs() < 1e-15 && (outrun[0].limit / limit - 1.0).abs() < 1e-14);
    // In SI both are times 2 pi, and the width is squared.
    let protocol = Protocol::new(Units::Si, &baths(), &segments, Repeats::Once).unwrap();
    assert!(protocol.outrun().is_empty());
}

#[test]
fn a_drive_has_the_field_of_its_amplitude_detuning_and_phase_and_is_cut_at_edges() {
    let pulse = |outline, centre| Pulse { outline, amplitude: 3.0, centre, width: 0.2 };
    let drive = DriveCourse {
        amplitude: Wave {
            course: ramp(0.5, 1.5, Shape::Linear),
            pulses: vec![pulse(Outline::Gaussian, 1.0)],
            tones: vec![Tone { amplitude: 0.3, frequency: 2.0, phase: 0.4 }],
        },
        detuning: Course::Table(vec![(0.0, 1.0), (1.5, -1.0), (2.0, 0.0)]).into(),
        phase: ramp(0.0, 3.0, Shape::Cosine),
    };
    let off = segment(2.0, Course::Held(1.0));
    let driven = Segment { drive, ..off.clone() };
    let square = Segment {
        drive: DriveCourse { amplitude: pulse(Outline::Square, 0.1).into(), ..off.drive.clone() },
        ..off.clone()
    };
    for units in [Units::Natural, Units::Si] {
        let protocol =
            Protocol::new(units, &baths(), &[driven.clone(), square.clone(), off.clone()], Repeats::Once).unwrap();
        let [first, second, third] = protocol.stages() else { panic!() };
        for t in [0.0, 0.3, 1.05, 1.9_f64] {
            let turn = units.angular(2.0) * t + 0.4;
            let amplitude = 0.5 + 0.5 * t + 3.0 * (-0.5 * ((t - 1.0) / 0.2).powi(2)).exp() + 0.3 * turn.cos();
            let phase = 1.5 - 1.5 * (std::f64::consts::PI * t / 2.0).cos();
            let detuning = if t < 1.5 { 1.0 - t / 0.75 } else { 2.0 * t - 4.0 };
            let field = first.field(t);
            for (found, expected) in
                [(field.x, amplitude * phase.cos()), (field.y, amplitude * phase.sin()), (field.z, detuning)]
            {
                assert!((found - units.angular(expected)).abs() < 1e-12, "{units:?} {t}: {found} {expected}");
            }
        }
        assert!(protocol.is_driven());
        let cuts = |stage: &Stage| stage.stretches().iter().map(|s| (s.from, s.until, s.held)).collect::<Vec<_>>();
        assert_eq!(cuts(first), [(0.0, 1.5, false), (1.5, 2.0, false)]);
        assert_eq!(cuts(second), [(0.0, 0.2, true), (0.2, 2.0, true)]);
        assert_eq!(cuts(third), [(0.0, 2.0, true)]);
        assert_eq!(second.field(0.1).x, units.angular(3.0));
        assert!(
            (first.longest_step(1.0) - 0.2_f64.min(std::f64::consts::FRAC_PI_2 / units.angular(2.0))).abs() < 1e-15
        );
        assert_eq!(third.longest_step(0.0), f64::INFINITY);
    }
    // A detuning alone drives nothing, and what has no drive at all is written as it was before there was one.
    let detuned =
        Segment { drive: DriveCourse { detuning: Course::Held(2.0).into(), ..off.drive.clone() }, ..off.clone() };
    let of_one = |segment: &Segment| of(std::slice::from_ref(segment), Repeats::Once).unwrap();
    assert!(!of_one(&detuned).is_driven() && !of_one(&off).is_driven());
    let written = |segment| serde_json::to_string(&of_one(segment)).unwrap();
    assert!(!written(&off).contains("drive") && written(&detuned).contains("drive"));
}

#[test]
fn what_is_no_drive_is_refused_by_what_it_is_of() {
    let pulse = Pulse { outline: Outline::Square, amplitude: 1.0, centre: 0.9, width: 0.5 };
    let tone = Tone { amplitude: 1.0, frequency: 0.0, phase: 0.0 };
    let held = || Course::Held(1.0);
    let good = Wave { course: held(), pulses: vec![Pulse { centre: 0.5, ..pulse }], tones: Vec::new() };
    let huge = Wave { pulses: vec![Pulse { amplitude: 1e308, ..good.pulses[0] }; 2], ..good.clone() };
    let none = DriveCourse::default;
    for (drive, words) in [
        (DriveCourse { amplitude: Course::Held(f64::NAN).into(), ..none() }, "amplitude of the drive: a value of NaN"),
        (DriveCourse { phase: ramp(0.0, 1.0, Shape::Exponential), ..none() }, "phase of the drive: an exponential"),
        (DriveCourse { detuning: huge, ..none() }, "detuning of the drive: its pulses"),
        (
            DriveCourse { amplitude: Wave { pulses: vec![good.pulses[0], pulse], ..good.clone() }, ..none() },
            "amplitude of the drive: pulse 2: it goes from 0.65 to 1.15",
        ),
        (
            DriveCourse { detuning: Wave { tones: vec![tone], ..good.clone() }, ..none() },
            "detuning of the drive: tone 1: its frequency is 0: it must be positive",
        ),
    ] {
        let wrong = Segment { drive, ..segment(1.0, held()) };
        let message = of(&[segment(1.0, held()), wrong], Repeats::Once).unwrap_err().to_string();
        assert!(message.starts_with("segment 2, ") && message.contains(words), "{message}");
    }
}

fn courses(low: f64) -> impl Strategy<Value = Course> {
    let value = move || low..3.0_f64;
    let shape = prop_oneof![Just(Shape::Linear), Just(Shape::Cosine), Just(Shape::Exponential)];
    prop_oneof![
        value().prop_map(Course::Held),
        (value(), value(), shape).prop_map(|(a, b, shape)| ramp(a.max(1e-3), b.max(1e-3), shape)),
        (value(), value(), value()).prop_map(|(a, b, c)| Course::Table(vec![(0.0, a), (0.7, b), (2.0, c)])),
    ]
}

proptest! {
    #[test]
    fn no_rate_is_outside_of_its_bounds(
        (frequency, temperature, rate) in (courses(0.2), courses(0.0), courses(0.0)),
        (from, length) in (0.0..2.0_f64, 0.0..2.0_f64),
    ) {
        let mut only = segment(2.0, frequency.clone());
        for bath in ["flat", "line", "full"] {
            only.baths.push(change(bath, Setting::Temperature, temperature.clone()));
            only.baths.push(change(bath, Setting::Rate, rate.clone()));
        }
        only.baths.push(change("given", Setting::Down, rate.clone()));
        only.baths.push(change("given", Setting::Dephasing, temperature));
        let mut all = baths();
        // A transmon of 1 GHz and a resonator of 1.6 GHz.
        let transmon = Transmon::new(1.0, 0.2).unwrap();
        let resonator = Resonator::new(500.0, 10.0, 1000.0).unwrap();
        let circuit = Circuit::new(transmon, resonator, 3.0).unwrap();
        all.push(thermal("circuit", SpectralDensity::Circuit { circuit, form: FilterForm::Full }));
        for units in [Units::Natural, Units::Si] {
            let Ok(protocol) = Protocol::new(units, &all, std::slice::from_ref(&only), Repeats::Once) else { continue };
            let stage = &protocol.stages()[0];
            let until = (from + length).min(2.0);
            for bath in 0..all.len() {
                let Bounds { least, most } = stage.bounds(bath, [from, until]);
                for step in 0..=50 {
                    let t = from + (until - from) * f64::from(step) / 50.0;
                    let Rates { down, up, dephasing } = stage.rates(bath, t);
                    prop_assert!(least.down <= down && down <= most.down, "{bath} at {t}: {down} {least:?} {most:?}");
                    prop_assert!(least.up <= up && up <= most.up, "{bath} at {t}: {up} {least:?} {most:?}");
                    prop_assert!(least.dephasing <= dephasing && dephasing <= most.dephasing);
                }
            }
        }
    }
}
