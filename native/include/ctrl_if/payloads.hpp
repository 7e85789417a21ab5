// The payload structs of domain_controller.h, byte for byte, under the header's names.
//
// A struct is written once, as a list of FIELD(type, name, offset); the list becomes the packed struct here, the
// assertions on its offsets in layout.hpp, and the JSON of native/test/layout_dump.cc. memory_t is 64 bits wide, as in
// the LP64 column of test/conformance/layout.json: MEMORY_PADDING is what makes the ILP32 column agree with it.
#pragma once

#include <cstddef>
#include <cstdint>

#include "constants.hpp"

namespace ctrl_if {

using u8 = uint8_t;
using u16 = uint16_t;
using u32 = uint32_t;
using domid_t = u16;
using memory_t = uint64_t;  // a frame number
using blkif_vdev_t = u16;
using blkif_pdev_t = u32;
// The header writes arrays after the name; aliases let one FIELD() shape serve all.
using mac_t = u8[6];
using pad3_t = char[3];
using usb_path_t = char[USB_PATH_LEN];

// One field a line, as in the header.
// clang-format off
// Block frontend.
#define CTRL_IF_FIELDS_blkif_fe_interface_status_t(FIELD) \
  FIELD(u32, handle, 0) \
  FIELD(u32, status, 4) \
  FIELD(u16, evtchn, 8) \
  FIELD(domid_t, domid, 10)

#define CTRL_IF_FIELDS_blkif_fe_driver_status_t(FIELD) \
  FIELD(u32, status, 0) \
  FIELD(u32, max_handle, 4)

#define CTRL_IF_FIELDS_blkif_fe_interface_connect_t(FIELD) \
  FIELD(u32, handle, 0) \
  FIELD(u32, __pad, 4) \
  FIELD(memory_t, shmem_frame, 8)

#define CTRL_IF_FIELDS_blkif_fe_interface_disconnect_t(FIELD) FIELD(u32, handle, 0)

#define CTRL_IF_FIELDS_blkif_fe_interface_query_t(FIELD) \
  FIELD(u32, handle, 0) \
  FIELD(u32, status, 4) \
  FIELD(u16, evtchn, 8) \
  FIELD(domid_t, domid, 10)

// Block backend.
#define CTRL_IF_FIELDS_blkif_be_create_t(FIELD) \
  FIELD(domid_t, domid, 0) \
  FIELD(u16, __pad, 2) \
  FIELD(u32, blkif_handle, 4) \
  FIELD(u32, status, 8)

#define CTRL_IF_FIELDS_blkif_be_destroy_t(FIELD) \
  FIELD(domid_t, domid, 0) \
  FIELD(u16, __pad, 2) \
  FIELD(u32, blkif_handle, 4) \
  FIELD(u32, status, 8)

#define CTRL_IF_FIELDS_blkif_be_connect_t(FIELD) \
  FIELD(domid_t, domid, 0) \
  FIELD(u16, __pad, 2) \
  FIELD(u32, blkif_handle, 4) \
  FIELD(memory_t, shmem_frame, 8) \
  FIELD(u32, evtchn, 16) \
  FIELD(u32, status, 20)

#define CTRL_IF_FIELDS_blkif_be_disconnect_t(FIELD) \
  FIELD(domid_t, domid, 0) \
  FIELD(u16, __pad, 2) \
  FIELD(u32, blkif_handle, 4) \
  FIELD(u32, status, 8)

#define CTRL_IF_FIELDS_blkif_be_vbd_create_t(FIELD) \
  FIELD(domid_t, domid, 0) \
  FIELD(u16, __pad, 2) \
  FIELD(u32, blkif_handle, 4) \
  FIELD(blkif_pdev_t, pdevice, 8) \
  FIELD(u32, dev_handle, 12) \
  FIELD(blkif_vdev_t, vdevice, 16) \
  FIELD(u16, readonly, 18) \
  FIELD(u32, status, 20)

#define CTRL_IF_FIELDS_blkif_be_vbd_destroy_t(FIELD) \
  FIELD(domid_t, domid, 0) \
  FIELD(u16, __pad0, 2) \
  FIELD(u32, blkif_handle, 4) \
  FIELD(blkif_vdev_t, vdevice, 8) \
  FIELD(u16, __pad1, 10) \
  FIELD(u32, status, 12)

#define CTRL_IF_FIELDS_blkif_be_driver_status_t(FIELD) FIELD(u32, status, 0)

// Network frontend.
#define CTRL_IF_FIELDS_netif_fe_interface_status_t(FIELD) \
  FIELD(u32, handle, 0) \
  FIELD(u32, status, 4) \
  FIELD(u16, evtchn, 8) \
  FIELD(mac_t, mac, 10) \
  FIELD(domid_t, domid, 16)

#define CTRL_IF_FIELDS_netif_fe_driver_status_t(FIELD) \
  FIELD(u32, status, 0) \
  FIELD(u32, max_handle, 4)

#define CTRL_IF_FIELDS_netif_fe_interface_connect_t(FIELD) \
  FIELD(u32, handle, 0) \
  FIELD(u32, __pad, 4) \
  FIELD(memory_t, tx_shmem_frame, 8) \
  FIELD(memory_t, rx_shmem_frame, 16)

#define CTRL_IF_FIELDS_netif_fe_interface_disconnect_t(FIELD) FIELD(u32, handle, 0)

#define CTRL_IF_FIELDS_netif_fe_interface_query_t(FIELD) \
  FIELD(u32, handle, 0) \
  FIELD(u32, status, 4) \
  FIELD(u16, evtchn, 8) \
  FIELD(mac_t, mac, 10) \
  FIELD(domid_t, domid, 16)

// Network backend.
#define CTRL_IF_FIELDS_netif_be_create_t(FIELD) \
  FIELD(domid_t, domid, 0) \
  FIELD(u16, __pad0, 2) \
  FIELD(u32, netif_handle, 4) \
  FIELD(mac_t, mac, 8) \
  FIELD(u16, __pad1, 14) \
  FIELD(mac_t, be_mac, 16) \
  FIELD(u16, __pad2, 22) \
  FIELD(u32, status, 24)

#define CTRL_IF_FIELDS_netif_be_destroy_t(FIELD) \
  FIELD(domid_t, domid, 0) \
  FIELD(u16, __pad, 2) \
  FIELD(u32, netif_handle, 4) \
  FIELD(u32, status, 8)

#define CTRL_IF_FIELDS_netif_be_creditlimit_t(FIELD) \
  FIELD(domid_t, domid, 0) \
  FIELD(u16, __pad0, 2) \
  FIELD(u32, netif_handle, 4) \
  FIELD(u32, credit_bytes, 8) \
  FIELD(u32, period_usec, 12) \
  FIELD(u32, status, 16)

#define CTRL_IF_FIELDS_netif_be_connect_t(FIELD) \
  FIELD(domid_t, domid, 0) \
  FIELD(u16, __pad0, 2) \
  FIELD(u32, netif_handle, 4) \
  FIELD(memory_t, tx_shmem_frame, 8) \
  FIELD(memory_t, rx_shmem_frame, 16) \
  FIELD(u16, evtchn, 24) \
  FIELD(u16, __pad1, 26) \
  FIELD(u32, status, 28)

#define CTRL_IF_FIELDS_netif_be_disconnect_t(FIELD) \
  FIELD(domid_t, domid, 0) \
  FIELD(u16, __pad, 2) \
  FIELD(u32, netif_handle, 4) \
  FIELD(u32, status, 8)

#define CTRL_IF_FIELDS_netif_be_driver_status_t(FIELD) FIELD(u32, status, 0)

// USB frontend. Offsets are the compiler's: eight usbif_* comments in the header give others (PROTOCOL 5.1).
#define CTRL_IF_FIELDS_usbif_fe_interface_status_changed_t(FIELD) \
  FIELD(u32, status, 0) \
  FIELD(u16, evtchn, 4) \
  FIELD(domid_t, domid, 6) \
  FIELD(u32, bandwidth, 8) \
  FIELD(u32, num_ports, 12)

#define CTRL_IF_FIELDS_usbif_fe_driver_status_changed_t(FIELD) FIELD(u32, status, 0)

#define CTRL_IF_FIELDS_usbif_fe_interface_connect_t(FIELD) \
  FIELD(u32, __pad, 0) \
  FIELD(memory_t, shmem_frame, 4)

#define CTRL_IF_FIELDS_usbif_fe_interface_disconnect_t(FIELD) /* none: see wire_size in layout.hpp */

// USB backend.
#define CTRL_IF_FIELDS_usbif_be_create_t(FIELD) \
  FIELD(domid_t, domid, 0) \
  FIELD(u16, __pad, 2) \
  FIELD(u32, status, 4)

#define CTRL_IF_FIELDS_usbif_be_destroy_t(FIELD) \
  FIELD(domid_t, domid, 0) \
  FIELD(u16, __pad, 2) \
  FIELD(u32, status, 4)

#define CTRL_IF_FIELDS_usbif_be_connect_t(FIELD) \
  FIELD(domid_t, domid, 0) \
  FIELD(u16, __pad, 2) \
  FIELD(memory_t, shmem_frame, 4) \
  FIELD(u32, evtchn, 12) \
  FIELD(u32, bandwidth, 16) \
  FIELD(u32, status, 20)

#define CTRL_IF_FIELDS_usbif_be_disconnect_t(FIELD) \
  FIELD(domid_t, domid, 0) \
  FIELD(u16, __pad, 2) \
  FIELD(u32, status, 4)

#define CTRL_IF_FIELDS_usbif_be_driver_status_changed_t(FIELD) FIELD(u32, status, 0)

#define CTRL_IF_FIELDS_usbif_be_claim_port_t(FIELD) \
  FIELD(domid_t, domid, 0) \
  FIELD(u32, usbif_port, 2) \
  FIELD(u32, status, 6) \
  FIELD(usb_path_t, path, 10)

#define CTRL_IF_FIELDS_usbif_be_release_port_t(FIELD) FIELD(usb_path_t, path, 0)

// Shutdown, VCPU hotplug, memory.
#define CTRL_IF_FIELDS_shutdown_sysrq_t(FIELD) \
  FIELD(char, key, 0) \
  FIELD(pad3_t, __pad, 1)

#define CTRL_IF_FIELDS_vcpu_hotplug_t(FIELD) \
  FIELD(u32, vcpu, 0) \
  FIELD(u32, status, 4)

#define CTRL_IF_FIELDS_mem_request_t(FIELD) \
  FIELD(u32, target, 0) \
  FIELD(u32, status, 4)

#define CTRL_IF_PAYLOADS(STRUCT) \
  /* Block frontend */ \
  STRUCT(blkif_fe_interface_status_t, 12) \
  STRUCT(blkif_fe_driver_status_t, 8) \
  STRUCT(blkif_fe_interface_connect_t, 16) \
  STRUCT(blkif_fe_interface_disconnect_t, 4) \
  STRUCT(blkif_fe_interface_query_t, 12) \
  /* Block backend */ \
  STRUCT(blkif_be_create_t, 12) \
  STRUCT(blkif_be_destroy_t, 12) \
  STRUCT(blkif_be_connect_t, 24) \
  STRUCT(blkif_be_disconnect_t, 12) \
  STRUCT(blkif_be_vbd_create_t, 24) \
  STRUCT(blkif_be_vbd_destroy_t, 16) \
  STRUCT(blkif_be_driver_status_t, 4) \
  /* Network frontend */ \
  STRUCT(netif_fe_interface_status_t, 18) \
  STRUCT(netif_fe_driver_status_t, 8) \
  STRUCT(netif_fe_interface_connect_t, 24) \
  STRUCT(netif_fe_interface_disconnect_t, 4) \
  STRUCT(netif_fe_interface_query_t, 18) \
  /* Network backend */ \
  STRUCT(netif_be_create_t, 28) \
  STRUCT(netif_be_destroy_t, 12) \
  STRUCT(netif_be_creditlimit_t, 20) \
  STRUCT(netif_be_connect_t, 32) \
  STRUCT(netif_be_disconnect_t, 12) \
  STRUCT(netif_be_driver_status_t, 4) \
  /* USB frontend */ \
  STRUCT(usbif_fe_interface_status_changed_t, 16) \
  STRUCT(usbif_fe_driver_status_changed_t, 4) \
  STRUCT(usbif_fe_interface_connect_t, 12) \
  STRUCT(usbif_fe_interface_disconnect_t, 0) \
  /* USB backend */ \
  STRUCT(usbif_be_create_t, 8) \
  STRUCT(usbif_be_destroy_t, 8) \
  STRUCT(usbif_be_connect_t, 24) \
  STRUCT(usbif_be_disconnect_t, 8) \
  STRUCT(usbif_be_driver_status_changed_t, 4) \
  STRUCT(usbif_be_claim_port_t, 26) \
  STRUCT(usbif_be_release_port_t, 16) \
  /* Shutdown, VCPU hotplug, memory */ \
  STRUCT(shutdown_sysrq_t, 4) \
  STRUCT(vcpu_hotplug_t, 8) \
  STRUCT(mem_request_t, 8)
// clang-format on

#define CTRL_IF_DECLARE_FIELD(type, field, at) type field;
#define CTRL_IF_DECLARE_STRUCT(name, bytes)      \
  struct name {                                  \
    CTRL_IF_FIELDS_##name(CTRL_IF_DECLARE_FIELD) \
  } __attribute__((packed));
CTRL_IF_PAYLOADS(CTRL_IF_DECLARE_STRUCT)
#undef CTRL_IF_DECLARE_STRUCT
#undef CTRL_IF_DECLARE_FIELD

}  // namespace ctrl_if
