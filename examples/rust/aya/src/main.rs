//! An XDP program of aya that counts UDP packets by the low bits of their destination port, in a map, and passes them all.
#![no_std]
#![no_main]

mod packet;

use aya_ebpf::{
    bindings::xdp_action,
    btf_maps::Array,
    macros::{btf_map, xdp},
    programs::XdpContext,
};
use packet::{SLOTS, udp_destination_port};

#[btf_map]
static PACKETS: Array<u64, { SLOTS as usize }> = Array::new();

#[xdp]
pub fn port_counter(ctx: XdpContext) -> u32 {
    if let Some(port) = udp_destination_port(&ctx)
        && let Some(count) = PACKETS.get_ptr_mut(u32::from(port) % SLOTS)
    {
        // SAFETY: the pointer is the map's own; lost updates between CPUs are accepted.
        unsafe { *count += 1 };
    }
    xdp_action::XDP_PASS
}
