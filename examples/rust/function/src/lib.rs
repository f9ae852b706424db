//! The Internet checksum (RFC 1071) over a packet's first 64 bytes: one function, built as an eBPF program and natively.
#![no_std]

/// `struct __sk_buff` of <linux/bpf.h>, as far as it is read.
#[repr(C)]
pub struct SkBuff {
    before: [u32; 19],
    data: u32,
    data_end: u32,
}

const BYTES: usize = 64;

/// Returns the checksum, or -1 for a shorter packet.
#[unsafe(no_mangle)]
#[cfg_attr(target_arch = "bpf", unsafe(link_section = "tc"))]
pub extern "C" fn checksum(skb: &SkBuff) -> i32 {
    let data = skb.data as usize;
    if data + BYTES > skb.data_end as usize {
        return -1;
    }
    // SAFETY: the check above, which the verifier demands as well.
    let packet = unsafe { &*(data as *const [u8; BYTES]) };
    let mut sum = 0u32;
    for word in packet.chunks_exact(2) {
        sum += u32::from(u16::from_be_bytes([word[0], word[1]]));
    }
    sum = (sum >> 16) + (sum & 0xffff);
    sum += sum >> 16;
    i32::from(!sum as u16)
}

#[cfg(target_arch = "bpf")]
#[unsafe(no_mangle)]
#[unsafe(link_section = "license")]
pub static LICENSE: [u8; 4] = *b"GPL\0";

#[panic_handler]
fn panic(_: &core::panic::PanicInfo) -> ! {
    loop {}
}
