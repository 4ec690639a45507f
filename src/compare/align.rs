//! Likely maps of columns for tables whose rows do not agree: needed to say how they differ.

use super::search::Pair;

/// Maps in order of likelihood, each once: by names, then values, then position; and by position
/// alone.
pub(super) fn likely_maps(pair: &Pair) -> Vec<Vec<usize>> {
    let (width, hosts) = (pair.needle.width(), pair.host.width());
    let compatible: Vec<Vec<bool>> = (0..width).map(|n| (0..hosts).map(|h| pair.compatible(n, h)).collect()).collect();
    let named = |n: usize, h: usize| pair.named(n, h);
    let valued = |n: usize, h: usize| compatible[n][h];
    let placed = |n: usize, h: usize| n == h;
    let any = |_: usize, _: usize| true;
    let mut maps = vec![
        fill(width, hosts, &[&named, &valued, &placed, &any]),
        fill(width, hosts, &[&valued, &named, &placed, &any]),
        fill(width, hosts, &[&placed]),
    ];
    let mut unique: Vec<Vec<usize>> = Vec::new();
    maps.retain(|map| {
        let new = !unique.contains(map);
        unique.push(map.clone());
        new
    });
    maps
}

type Rule<'a> = &'a dyn Fn(usize, usize) -> bool;

/// Gives every column a host by the first rule that has a free one for it. The needle is the
/// narrower side, so the last rule, which accepts all, always has one.
fn fill(width: usize, hosts: usize, rules: &[Rule]) -> Vec<usize> {
    let mut map = vec![usize::MAX; width];
    for rule in rules {
        for needle in 0..width {
            if map[needle] == usize::MAX {
                let free = (0..hosts).find(|host| !map.contains(host) && rule(needle, *host));
                map[needle] = free.unwrap_or(usize::MAX);
            }
        }
    }
    map
}
