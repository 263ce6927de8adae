//! `superjump scenarios`: the scenarios that ship with the program.

use clap::Args;

use super::{UsageError, put};

#[derive(Debug, Args)]
#[command(after_help = "Example:\n  superjump scenarios heat_valve > my_valve.toml")]
pub struct ScenariosArguments {
    /// Print this scenario
    name: Option<String>,
}

/// (name, text) of every file in scenarios/; a test holds the two against each other.
const SHIPPED: &[(&str, &str)] = &[
    ("atom_chain", include_str!("../../scenarios/atom_chain.toml")),
    ("boundary_time_crystal", include_str!("../../scenarios/boundary_time_crystal.toml")),
    ("burst_statistics", include_str!("../../scenarios/burst_statistics.toml")),
    ("cavity_burst", include_str!("../../scenarios/cavity_burst.toml")),
    ("chiral_waveguide", include_str!("../../scenarios/chiral_waveguide.toml")),
    ("chirped_inversion", include_str!("../../scenarios/chirped_inversion.toml")),
    ("coherent_start", include_str!("../../scenarios/coherent_start.toml")),
    ("conditioned_current", include_str!("../../scenarios/conditioned_current.toml")),
    ("disorder", include_str!("../../scenarios/disorder.toml")),
    ("fig3", include_str!("../../scenarios/fig3.toml")),
    ("fig4", include_str!("../../scenarios/fig4.toml")),
    ("fig4_trajectories", include_str!("../../scenarios/fig4_trajectories.toml")),
    ("fig5", include_str!("../../scenarios/fig5.toml")),
    ("fig5_trajectories", include_str!("../../scenarios/fig5_trajectories.toml")),
    ("fig6a", include_str!("../../scenarios/fig6a.toml")),
    ("fig6b", include_str!("../../scenarios/fig6b.toml")),
    ("fig7", include_str!("../../scenarios/fig7.toml")),
    ("first_passage", include_str!("../../scenarios/first_passage.toml")),
    ("floquet_engine", include_str!("../../scenarios/floquet_engine.toml")),
    ("fluctuation_theorem", include_str!("../../scenarios/fluctuation_theorem.toml")),
    ("heat_valve", include_str!("../../scenarios/heat_valve.toml")),
    ("inhomogeneous_line", include_str!("../../scenarios/inhomogeneous_line.toml")),
    ("initial_state", include_str!("../../scenarios/initial_state.toml")),
    ("large_deviations", include_str!("../../scenarios/large_deviations.toml")),
    ("mirror_array", include_str!("../../scenarios/mirror_array.toml")),
    ("near_resonance", include_str!("../../scenarios/near_resonance.toml")),
    ("noise_spectrum", include_str!("../../scenarios/noise_spectrum.toml")),
    ("otto_engine", include_str!("../../scenarios/otto_engine.toml")),
    ("otto_refrigerator", include_str!("../../scenarios/otto_refrigerator.toml")),
    ("own_terms", include_str!("../../scenarios/own_terms.toml")),
    ("photon_directions", include_str!("../../scenarios/photon_directions.toml")),
    ("pi_pulse_burst", include_str!("../../scenarios/pi_pulse_burst.toml")),
    ("ring_subradiance", include_str!("../../scenarios/ring_subradiance.toml")),
    ("sector_noise", include_str!("../../scenarios/sector_noise.toml")),
    ("subradiance", include_str!("../../scenarios/subradiance.toml")),
    ("superradiant_burst", include_str!("../../scenarios/superradiant_burst.toml")),
    ("superradiant_laser", include_str!("../../scenarios/superradiant_laser.toml")),
    ("synchronization", include_str!("../../scenarios/synchronization.toml")),
    ("telegraph", include_str!("../../scenarios/telegraph.toml")),
    ("telegraph_trace", include_str!("../../scenarios/telegraph_trace.toml")),
    ("two_ensembles", include_str!("../../scenarios/two_ensembles.toml")),
    ("valve_opening", include_str!("../../scenarios/valve_opening.toml")),
    ("weak_local_bath", include_str!("../../scenarios/weak_local_bath.toml")),
    ("work_fluctuations", include_str!("../../scenarios/work_fluctuations.toml")),
];

/// The title of a scenario.
fn title(text: &str) -> &str {
    let line = text.lines().find_map(|line| line.strip_prefix("title = "));
    line.map_or("", |title| title.trim_matches('"'))
}

pub fn scenarios(arguments: &ScenariosArguments) -> anyhow::Result<()> {
    if let Some(name) = &arguments.name {
        let Some((_, text)) = SHIPPED.iter().find(|(shipped, _)| shipped == name) else {
            let text =
                format!("no scenario \"{name}\" ships with superjump; `superjump scenarios` lists those that do");
            return Err(UsageError(text).into());
        };
        return Ok(put(format_args!("{text}"))?);
    }
    let width = SHIPPED.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    for (name, text) in SHIPPED {
        say!("{name:width$}  {}", title(text))?;
    }
    say!("\n`superjump scenarios NAME > FILE` writes one to a file, `superjump run FILE` runs it.")?;
    Ok(())
}
