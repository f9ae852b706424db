//! What both programs read of a packet, and what every program of Rust has to have.
use aya_ebpf::programs::XdpContext;

pub const SLOTS: u32 = 64;
const ETHERTYPE_IPV4: [u8; 2] = [0x08, 0x00];
const IP_HEADER: usize = 14;
const UDP: u8 = 17;
/// Behind Ethernet and an IPv4 header without options.
const UDP_HEADER: usize = IP_HEADER + 20;

pub fn udp_destination_port(ctx: &XdpContext) -> Option<u16> {
    let start = ctx.data();
    if start + UDP_HEADER + 8 > ctx.data_end() {
        return None;
    }
    // SAFETY: the check above, which the verifier demands as well.
    let packet = unsafe { &*(start as *const [u8; UDP_HEADER + 8]) };
    if packet[12..14] != ETHERTYPE_IPV4 || packet[IP_HEADER] != 0x45 || packet[IP_HEADER + 9] != UDP {
        return None;
    }
    Some(u16::from_be_bytes([packet[UDP_HEADER + 2], packet[UDP_HEADER + 3]]))
}

#[unsafe(link_section = "license")]
#[unsafe(no_mangle)]
static LICENSE: [u8; 13] = *b"Dual MIT/GPL\0";

#[cfg(not(test))]
#[panic_handler]
fn panic(_: &core::panic::PanicInfo) -> ! {
    loop {}
}
