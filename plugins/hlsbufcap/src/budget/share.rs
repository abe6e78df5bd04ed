// SPDX-License-Identifier: MPL-2.0
//! How a number of bytes is divided.

/// What one of those who share wants.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Claim {
    /// Bytes without which it cannot work.
    pub floor: u64,
    /// Bytes beyond which it has no use for more; at least `floor`.
    pub most: u64,
    /// Its part of what is left after the floors, as a ratio to those of the others.
    pub weight: f64,
}

/// Divides `total` bytes. Everyone has its floor, shrunk in proportion where they exceed the total;
/// the rest goes out by weight, up to what each has a use for. The sum is never more than `total`.
pub fn share(total: u64, claims: &[Claim]) -> Vec<u64> {
    let floors: u128 = claims.iter().map(|claim| u128::from(claim.floor)).sum();
    if floors >= u128::from(total) {
        let part = |floor: u64| u128::from(floor) * u128::from(total) / floors.max(1);
        let parts = claims.iter().map(|claim| part(claim.floor));
        // No larger than the floor, which is a u64.
        return parts.map(|part| part as u64).collect();
    }
    let mut shares: Vec<u64> = claims.iter().map(|claim| claim.floor).collect();
    let mut left = total - floors as u64;
    // Who has enough leaves its part to the others; at least one has enough per turn.
    loop {
        let hungry = |(share, claim): (&u64, &Claim)| *share < claim.most;
        let weight: f64 = shares
            .iter()
            .zip(claims)
            .filter(|(share, claim)| hungry((share, claim)))
            .map(|(_, claim)| weight(claim))
            .sum();
        if left == 0 || weight <= 0.0 {
            return shares;
        }
        let mut given = 0;
        let mut satisfied = false;
        for (share, claim) in shares.iter_mut().zip(claims) {
            if *share >= claim.most {
                continue;
            }
            let part = (left as f64 * (self::weight(claim) / weight)) as u64;
            let room = claim.most - *share;
            satisfied |= room <= part;
            let part = part.min(room).min(left - given);
            *share += part;
            given += part;
        }
        left -= given;
        if !satisfied {
            return shares;
        }
    }
}

/// No number is no weight at all.
fn weight(claim: &Claim) -> f64 {
    match claim.weight {
        weight if weight.is_finite() && weight > 0.0 => weight.min(1e9),
        _ => 1e-9,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn claim(floor: u64, most: u64, weight: f64) -> Claim {
        Claim {
            floor,
            most,
            weight,
        }
    }

    #[test]
    fn the_rest_goes_by_weight_and_no_further_than_it_is_of_use() {
        let all = u64::MAX;
        assert_eq!(
            share(100, &[claim(10, all, 1.0), claim(10, all, 3.0)]),
            [30, 70]
        );
        assert_eq!(
            share(100, &[claim(10, 20, 9.0), claim(10, all, 1.0)]),
            [20, 80]
        );
        assert_eq!(
            share(100, &[claim(0, 30, 1.0), claim(0, 30, 1.0)]),
            [30, 30]
        );
        assert_eq!(share(100, &[]), [0u64; 0]);
    }

    #[test]
    fn floors_shrink_in_proportion() {
        let claims = [claim(100, 100, 1.0), claim(300, 400, 1.0)];
        assert_eq!(share(100, &claims), [25, 75]);
        assert_eq!(share(0, &claims), [0, 0]);
        assert_eq!(
            share(u64::MAX, &[claim(u64::MAX, u64::MAX, 1.0); 2]),
            [u64::MAX / 2; 2]
        );
    }

    #[test]
    fn what_is_no_weight_starves_nobody_else() {
        let claims = [
            claim(1, 50, f64::NAN),
            claim(1, 50, f64::INFINITY),
            claim(1, 50, 1.0),
        ];
        let shares = share(52, &claims);
        assert!(shares[2] >= 49, "{shares:?}");
    }

    proptest! {
        #[test]
        fn shares_are_within_all_bounds(
            total in 0u64..1 << 40,
            claims in prop::collection::vec((0u64..1 << 36, 0u64..1 << 36, 0.0f64..1e6), 0..70),
        ) {
            let claims: Vec<Claim> = claims.iter().map(|&(a, b, w)| claim(a.min(b), a.max(b), w)).collect();
            let shares = share(total, &claims);
            let sum: u64 = shares.iter().sum();
            prop_assert!(sum <= total);
            let floors: u64 = claims.iter().map(|claim| claim.floor).sum();
            let wanted: u64 = claims.iter().map(|claim| claim.most).sum();
            for (share, claim) in shares.iter().zip(&claims) {
                prop_assert!(*share <= claim.most);
                prop_assert!(floors >= total || *share >= claim.floor);
            }
            // Nothing is kept back but what rounding takes.
            prop_assert!(sum + 2 * claims.len() as u64 >= total.min(wanted) - (total.min(wanted) >> 40));
        }
    }
}
