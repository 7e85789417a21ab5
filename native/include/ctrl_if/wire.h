// clang-format off
// Made by `node scripts/render-headers.mjs`; a test fails when it is out of date. C11 and C++17.
//
// The layout of the shared page and of its messages: numbers and packed structs with the names of domain_controller.h, and
// the offsets that ctrl-if has added (docs/page-layout.md says which side writes each). Numbers are little-endian.
//
// A hostile peer may write to the page at any time. The structs give sizes and offsets; hold no reference to one in the page.
// ring.hpp copies slots out, and readers of a message read the copy.
#pragma once

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
#define CTRL_IF_CONSTANT(name, value) inline constexpr uint32_t name = value;
namespace ctrl_if {
#else
#include <assert.h>
#define CTRL_IF_CONSTANT(name, value) enum { name = value };
#endif

static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "the page has little-endian words, which are loaded unchanged");

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef u16 domid_t;
typedef uint64_t memory_t;
typedef u32 blkif_pdev_t;
typedef u16 blkif_vdev_t;

// The numbers of domain_controller.h.
CTRL_IF_CONSTANT(BLKIF_BE_STATUS_ERROR, 1)
CTRL_IF_CONSTANT(BLKIF_BE_STATUS_INTERFACE_CONNECTED, 4)
CTRL_IF_CONSTANT(BLKIF_BE_STATUS_INTERFACE_EXISTS, 2)
CTRL_IF_CONSTANT(BLKIF_BE_STATUS_INTERFACE_NOT_FOUND, 3)
CTRL_IF_CONSTANT(BLKIF_BE_STATUS_MAPPING_ERROR, 9)
CTRL_IF_CONSTANT(BLKIF_BE_STATUS_OKAY, 0)
CTRL_IF_CONSTANT(BLKIF_BE_STATUS_OUT_OF_MEMORY, 7)
CTRL_IF_CONSTANT(BLKIF_BE_STATUS_PHYSDEV_NOT_FOUND, 8)
CTRL_IF_CONSTANT(BLKIF_BE_STATUS_VBD_EXISTS, 5)
CTRL_IF_CONSTANT(BLKIF_BE_STATUS_VBD_NOT_FOUND, 6)
CTRL_IF_CONSTANT(BLKIF_DRIVER_STATUS_DOWN, 0)
CTRL_IF_CONSTANT(BLKIF_DRIVER_STATUS_UP, 1)
CTRL_IF_CONSTANT(BLKIF_INTERFACE_STATUS_CHANGED, 3)
CTRL_IF_CONSTANT(BLKIF_INTERFACE_STATUS_CLOSED, 0)
CTRL_IF_CONSTANT(BLKIF_INTERFACE_STATUS_CONNECTED, 2)
CTRL_IF_CONSTANT(BLKIF_INTERFACE_STATUS_DISCONNECTED, 1)
CTRL_IF_CONSTANT(CMSG_BLKIF_BE, 1)
CTRL_IF_CONSTANT(CMSG_BLKIF_BE_CONNECT, 2)
CTRL_IF_CONSTANT(CMSG_BLKIF_BE_CREATE, 0)
CTRL_IF_CONSTANT(CMSG_BLKIF_BE_DESTROY, 1)
CTRL_IF_CONSTANT(CMSG_BLKIF_BE_DISCONNECT, 3)
CTRL_IF_CONSTANT(CMSG_BLKIF_BE_DRIVER_STATUS, 32)
CTRL_IF_CONSTANT(CMSG_BLKIF_BE_VBD_CREATE, 4)
CTRL_IF_CONSTANT(CMSG_BLKIF_BE_VBD_DESTROY, 5)
CTRL_IF_CONSTANT(CMSG_BLKIF_FE, 2)
CTRL_IF_CONSTANT(CMSG_BLKIF_FE_DRIVER_STATUS, 32)
CTRL_IF_CONSTANT(CMSG_BLKIF_FE_INTERFACE_CONNECT, 33)
CTRL_IF_CONSTANT(CMSG_BLKIF_FE_INTERFACE_DISCONNECT, 34)
CTRL_IF_CONSTANT(CMSG_BLKIF_FE_INTERFACE_QUERY, 35)
CTRL_IF_CONSTANT(CMSG_BLKIF_FE_INTERFACE_STATUS, 0)
CTRL_IF_CONSTANT(CMSG_CONSOLE, 0)
CTRL_IF_CONSTANT(CMSG_CONSOLE_DATA, 0)
CTRL_IF_CONSTANT(CMSG_MEM_REQUEST, 7)
CTRL_IF_CONSTANT(CMSG_MEM_REQUEST_SET, 0)
CTRL_IF_CONSTANT(CMSG_NETIF_BE, 3)
CTRL_IF_CONSTANT(CMSG_NETIF_BE_CONNECT, 2)
CTRL_IF_CONSTANT(CMSG_NETIF_BE_CREATE, 0)
CTRL_IF_CONSTANT(CMSG_NETIF_BE_CREDITLIMIT, 4)
CTRL_IF_CONSTANT(CMSG_NETIF_BE_DESTROY, 1)
CTRL_IF_CONSTANT(CMSG_NETIF_BE_DISCONNECT, 3)
CTRL_IF_CONSTANT(CMSG_NETIF_BE_DRIVER_STATUS, 32)
CTRL_IF_CONSTANT(CMSG_NETIF_FE, 4)
CTRL_IF_CONSTANT(CMSG_NETIF_FE_DRIVER_STATUS, 32)
CTRL_IF_CONSTANT(CMSG_NETIF_FE_INTERFACE_CONNECT, 33)
CTRL_IF_CONSTANT(CMSG_NETIF_FE_INTERFACE_DISCONNECT, 34)
CTRL_IF_CONSTANT(CMSG_NETIF_FE_INTERFACE_QUERY, 35)
CTRL_IF_CONSTANT(CMSG_NETIF_FE_INTERFACE_STATUS, 0)
CTRL_IF_CONSTANT(CMSG_SHUTDOWN, 6)
CTRL_IF_CONSTANT(CMSG_SHUTDOWN_POWEROFF, 0)
CTRL_IF_CONSTANT(CMSG_SHUTDOWN_REBOOT, 1)
CTRL_IF_CONSTANT(CMSG_SHUTDOWN_SUSPEND, 2)
CTRL_IF_CONSTANT(CMSG_SHUTDOWN_SYSRQ, 3)
CTRL_IF_CONSTANT(CMSG_USBIF_BE, 8)
CTRL_IF_CONSTANT(CMSG_USBIF_BE_CLAIM_PORT, 4)
CTRL_IF_CONSTANT(CMSG_USBIF_BE_CONNECT, 2)
CTRL_IF_CONSTANT(CMSG_USBIF_BE_CREATE, 0)
CTRL_IF_CONSTANT(CMSG_USBIF_BE_DESTROY, 1)
CTRL_IF_CONSTANT(CMSG_USBIF_BE_DISCONNECT, 3)
CTRL_IF_CONSTANT(CMSG_USBIF_BE_DRIVER_STATUS_CHANGED, 32)
CTRL_IF_CONSTANT(CMSG_USBIF_BE_RELEASE_PORT, 5)
CTRL_IF_CONSTANT(CMSG_USBIF_FE, 9)
CTRL_IF_CONSTANT(CMSG_USBIF_FE_DRIVER_STATUS_CHANGED, 32)
CTRL_IF_CONSTANT(CMSG_USBIF_FE_INTERFACE_CONNECT, 33)
CTRL_IF_CONSTANT(CMSG_USBIF_FE_INTERFACE_DISCONNECT, 34)
CTRL_IF_CONSTANT(CMSG_USBIF_FE_INTERFACE_STATUS_CHANGED, 0)
CTRL_IF_CONSTANT(CMSG_VCPU_HOTPLUG, 10)
CTRL_IF_CONSTANT(CMSG_VCPU_HOTPLUG_OFF, 0)
CTRL_IF_CONSTANT(CMSG_VCPU_HOTPLUG_ON, 1)
CTRL_IF_CONSTANT(CONTROL_RING_MEM, 520)
CTRL_IF_CONSTANT(CONTROL_RING_SIZE, 8)
CTRL_IF_CONSTANT(NETIF_BE_STATUS_ERROR, 1)
CTRL_IF_CONSTANT(NETIF_BE_STATUS_INTERFACE_CONNECTED, 4)
CTRL_IF_CONSTANT(NETIF_BE_STATUS_INTERFACE_EXISTS, 2)
CTRL_IF_CONSTANT(NETIF_BE_STATUS_INTERFACE_NOT_FOUND, 3)
CTRL_IF_CONSTANT(NETIF_BE_STATUS_MAPPING_ERROR, 6)
CTRL_IF_CONSTANT(NETIF_BE_STATUS_OKAY, 0)
CTRL_IF_CONSTANT(NETIF_BE_STATUS_OUT_OF_MEMORY, 5)
CTRL_IF_CONSTANT(NETIF_DRIVER_STATUS_DOWN, 0)
CTRL_IF_CONSTANT(NETIF_DRIVER_STATUS_UP, 1)
CTRL_IF_CONSTANT(NETIF_INTERFACE_STATUS_CHANGED, 3)
CTRL_IF_CONSTANT(NETIF_INTERFACE_STATUS_CLOSED, 0)
CTRL_IF_CONSTANT(NETIF_INTERFACE_STATUS_CONNECTED, 2)
CTRL_IF_CONSTANT(NETIF_INTERFACE_STATUS_DISCONNECTED, 1)
CTRL_IF_CONSTANT(USBIF_BE_STATUS_ERROR, 1)
CTRL_IF_CONSTANT(USBIF_BE_STATUS_INTERFACE_CONNECTED, 4)
CTRL_IF_CONSTANT(USBIF_BE_STATUS_INTERFACE_EXISTS, 2)
CTRL_IF_CONSTANT(USBIF_BE_STATUS_INTERFACE_NOT_FOUND, 3)
CTRL_IF_CONSTANT(USBIF_BE_STATUS_MAPPING_ERROR, 9)
CTRL_IF_CONSTANT(USBIF_BE_STATUS_OKAY, 0)
CTRL_IF_CONSTANT(USBIF_BE_STATUS_OUT_OF_MEMORY, 7)
CTRL_IF_CONSTANT(USBIF_DRIVER_STATUS_DOWN, 0)
CTRL_IF_CONSTANT(USBIF_DRIVER_STATUS_UP, 1)
CTRL_IF_CONSTANT(USBIF_INTERFACE_STATUS_CONNECTED, 2)
CTRL_IF_CONSTANT(USBIF_INTERFACE_STATUS_DESTROYED, 0)
CTRL_IF_CONSTANT(USBIF_INTERFACE_STATUS_DISCONNECTED, 1)
CTRL_IF_CONSTANT(USB_PATH_LEN, 16)

// lib/wire/layout.ts, page.ts and memory.ts: slots and rings, the page from byte 2048 on, a guest's memory.
CTRL_IF_CONSTANT(kControlIfBytes, 1040)
CTRL_IF_CONSTANT(kHeaderBytes, 4)
CTRL_IF_CONSTANT(kIdNoAnswer, 255)
CTRL_IF_CONSTANT(kIdOffset, 2)
CTRL_IF_CONSTANT(kLengthOffset, 3)
CTRL_IF_CONSTANT(kMessageBytes, 64)
CTRL_IF_CONSTANT(kPayloadBytes, 60)
CTRL_IF_CONSTANT(kPayloadOffset, 4)
CTRL_IF_CONSTANT(kReqProdOffset, 0)
CTRL_IF_CONSTANT(kRspProdOffset, 4)
CTRL_IF_CONSTANT(kRxRingOffset, 520)
CTRL_IF_CONSTANT(kSlotsOffset, 8)
CTRL_IF_CONSTANT(kSubtypeOffset, 1)
CTRL_IF_CONSTANT(kTxRingOffset, 0)
CTRL_IF_CONSTANT(kTypeOffset, 0)
CTRL_IF_CONSTANT(kAsleep, 1)
CTRL_IF_CONSTANT(kAwake, 0)
CTRL_IF_CONSTANT(kControlPort, 1)
CTRL_IF_CONSTANT(kEngineNumbersNative, 1)
CTRL_IF_CONSTANT(kEngineNumbersFile, 2)
CTRL_IF_CONSTANT(kEngineNumbersSab, 3)
CTRL_IF_CONSTANT(kPageAsleep, 2688)
CTRL_IF_CONSTANT(kPageBytes, 4096)
CTRL_IF_CONSTANT(kPageDomid, 2320)
CTRL_IF_CONSTANT(kPageIdentityMagic, 2048)
CTRL_IF_CONSTANT(kPageIdentityVersion, 2056)
CTRL_IF_CONSTANT(kPageIdentityBytes, 2060)
CTRL_IF_CONSTANT(kPageIdentityNonce, 2064)
CTRL_IF_CONSTANT(kPageMagic0, 1819440227)
CTRL_IF_CONSTANT(kPageMagic1, 6711597)
CTRL_IF_CONSTANT(kPageMask, 3584)
CTRL_IF_CONSTANT(kPageNonceBytes, 16)
CTRL_IF_CONSTANT(kPagePending, 3072)
CTRL_IF_CONSTANT(kPageProcessGuest, 2176)
CTRL_IF_CONSTANT(kPageProcessController, 2304)
CTRL_IF_CONSTANT(kPageSelector, 2816)
CTRL_IF_CONSTANT(kPageVersion, 2)
CTRL_IF_CONSTANT(kPageWakeupGuest, 2432)
CTRL_IF_CONSTANT(kPageWakeupController, 2560)
CTRL_IF_CONSTANT(kPorts, 4096)
CTRL_IF_CONSTANT(kProcessEngine, 4)
CTRL_IF_CONSTANT(kProcessPid, 0)
CTRL_IF_CONSTANT(kProcessStartTime, 8)
CTRL_IF_CONSTANT(kWakeupPrompt, 4)
CTRL_IF_CONSTANT(kFrameBytes, 4096)
CTRL_IF_CONSTANT(kGrantAccess, 65536)
CTRL_IF_CONSTANT(kGrantBytes, 4)
CTRL_IF_CONSTANT(kGrantDomid, 65535)
CTRL_IF_CONSTANT(kGrantMapped, 16777216)
CTRL_IF_CONSTANT(kGrantTableMaximum, 4096)
CTRL_IF_CONSTANT(kMaxFrames, 16777216)
CTRL_IF_CONSTANT(kMemoryStatesIdle, 0)
CTRL_IF_CONSTANT(kMemoryStatesResizing, 1)
CTRL_IF_CONSTANT(kMemoryStatesDone, 2)
CTRL_IF_CONSTANT(kMemoryStatesMaximum, 3)
CTRL_IF_CONSTANT(kMemoryStatesInUse, 4)
CTRL_IF_CONSTANT(kMemoryStatesNoSpace, 5)
CTRL_IF_CONSTANT(kMemoryStatesFailed, 6)
CTRL_IF_CONSTANT(kPageMemoryMaximum, 2192)
CTRL_IF_CONSTANT(kPageMemoryTarget, 2196)
CTRL_IF_CONSTANT(kPageMemoryReached, 2200)
CTRL_IF_CONSTANT(kPageMemoryState, 2204)

#undef CTRL_IF_CONSTANT

// One slot, a request or its response: 64 bytes
typedef struct control_msg_t {
  u8 type;    // echoed in the response
  u8 subtype; // echoed in the response
  u8 id;      // echoed in the response, which does not interpret it
  u8 length;  // the used bytes of msg; the sender zeroes the others
  u8 msg[60];
} __attribute__((packed)) control_msg_t;
static_assert(sizeof(control_msg_t) == 64, "control_msg_t");
static_assert(offsetof(control_msg_t, type) == 0, "control_msg_t.type");
static_assert(offsetof(control_msg_t, subtype) == 1, "control_msg_t.subtype");
static_assert(offsetof(control_msg_t, id) == 2, "control_msg_t.id");
static_assert(offsetof(control_msg_t, length) == 3, "control_msg_t.length");
static_assert(offsetof(control_msg_t, msg) == 4, "control_msg_t.msg");

// One ring: indices run free in 32 bits, the slot is index & (CONTROL_RING_SIZE - 1): 520 bytes
typedef struct ctrl_sring_t {
  u32 req_prod; // written by the front
  u32 rsp_prod; // written by the back
  control_msg_t ring[8];
} __attribute__((packed)) ctrl_sring_t;
static_assert(sizeof(ctrl_sring_t) == 520, "ctrl_sring_t");
static_assert(offsetof(ctrl_sring_t, req_prod) == 0, "ctrl_sring_t.req_prod");
static_assert(offsetof(ctrl_sring_t, rsp_prod) == 4, "ctrl_sring_t.rsp_prod");
static_assert(offsetof(ctrl_sring_t, ring) == 8, "ctrl_sring_t.ring");

// The start of the page: 1040 bytes
typedef struct control_if_t {
  ctrl_sring_t tx_ring; // front: guest, back: controller
  ctrl_sring_t rx_ring; // front: controller, back: guest
} __attribute__((packed)) control_if_t;
static_assert(sizeof(control_if_t) == 1040, "control_if_t");
static_assert(offsetof(control_if_t, tx_ring) == 0, "control_if_t.tx_ring");
static_assert(offsetof(control_if_t, rx_ring) == 520, "control_if_t.rx_ring");

// CMSG_BLKIF_BE_CONNECT: 24 bytes
typedef struct blkif_be_connect_t {
  domid_t domid;
  u16 __pad;
  u32 blkif_handle;
  memory_t shmem_frame;
  u32 evtchn;
  u32 status;  // OUT
} __attribute__((packed)) blkif_be_connect_t;
static_assert(sizeof(blkif_be_connect_t) == 24, "blkif_be_connect_t");
static_assert(offsetof(blkif_be_connect_t, domid) == 0, "blkif_be_connect_t.domid");
static_assert(offsetof(blkif_be_connect_t, __pad) == 2, "blkif_be_connect_t.__pad");
static_assert(offsetof(blkif_be_connect_t, blkif_handle) == 4, "blkif_be_connect_t.blkif_handle");
static_assert(offsetof(blkif_be_connect_t, shmem_frame) == 8, "blkif_be_connect_t.shmem_frame");
static_assert(offsetof(blkif_be_connect_t, evtchn) == 16, "blkif_be_connect_t.evtchn");
static_assert(offsetof(blkif_be_connect_t, status) == 20, "blkif_be_connect_t.status");

// CMSG_BLKIF_BE_CREATE: 12 bytes
typedef struct blkif_be_create_t {
  domid_t domid;
  u16 __pad;
  u32 blkif_handle;
  u32 status;  // OUT
} __attribute__((packed)) blkif_be_create_t;
static_assert(sizeof(blkif_be_create_t) == 12, "blkif_be_create_t");
static_assert(offsetof(blkif_be_create_t, domid) == 0, "blkif_be_create_t.domid");
static_assert(offsetof(blkif_be_create_t, __pad) == 2, "blkif_be_create_t.__pad");
static_assert(offsetof(blkif_be_create_t, blkif_handle) == 4, "blkif_be_create_t.blkif_handle");
static_assert(offsetof(blkif_be_create_t, status) == 8, "blkif_be_create_t.status");

// CMSG_BLKIF_BE_DESTROY: 12 bytes
typedef struct blkif_be_destroy_t {
  domid_t domid;
  u16 __pad;
  u32 blkif_handle;
  u32 status;  // OUT
} __attribute__((packed)) blkif_be_destroy_t;
static_assert(sizeof(blkif_be_destroy_t) == 12, "blkif_be_destroy_t");
static_assert(offsetof(blkif_be_destroy_t, domid) == 0, "blkif_be_destroy_t.domid");
static_assert(offsetof(blkif_be_destroy_t, __pad) == 2, "blkif_be_destroy_t.__pad");
static_assert(offsetof(blkif_be_destroy_t, blkif_handle) == 4, "blkif_be_destroy_t.blkif_handle");
static_assert(offsetof(blkif_be_destroy_t, status) == 8, "blkif_be_destroy_t.status");

// CMSG_BLKIF_BE_DISCONNECT: 12 bytes
typedef struct blkif_be_disconnect_t {
  domid_t domid;
  u16 __pad;
  u32 blkif_handle;
  u32 status;  // OUT
} __attribute__((packed)) blkif_be_disconnect_t;
static_assert(sizeof(blkif_be_disconnect_t) == 12, "blkif_be_disconnect_t");
static_assert(offsetof(blkif_be_disconnect_t, domid) == 0, "blkif_be_disconnect_t.domid");
static_assert(offsetof(blkif_be_disconnect_t, __pad) == 2, "blkif_be_disconnect_t.__pad");
static_assert(offsetof(blkif_be_disconnect_t, blkif_handle) == 4, "blkif_be_disconnect_t.blkif_handle");
static_assert(offsetof(blkif_be_disconnect_t, status) == 8, "blkif_be_disconnect_t.status");

// CMSG_BLKIF_BE_DRIVER_STATUS: 4 bytes
typedef struct blkif_be_driver_status_t {
  u32 status;
} __attribute__((packed)) blkif_be_driver_status_t;
static_assert(sizeof(blkif_be_driver_status_t) == 4, "blkif_be_driver_status_t");
static_assert(offsetof(blkif_be_driver_status_t, status) == 0, "blkif_be_driver_status_t.status");

// CMSG_BLKIF_BE_VBD_CREATE: 24 bytes
typedef struct blkif_be_vbd_create_t {
  domid_t domid;
  u16 __pad;
  u32 blkif_handle;
  blkif_pdev_t pdevice;
  u32 dev_handle;
  blkif_vdev_t vdevice;
  u16 readonly;
  u32 status;  // OUT
} __attribute__((packed)) blkif_be_vbd_create_t;
static_assert(sizeof(blkif_be_vbd_create_t) == 24, "blkif_be_vbd_create_t");
static_assert(offsetof(blkif_be_vbd_create_t, domid) == 0, "blkif_be_vbd_create_t.domid");
static_assert(offsetof(blkif_be_vbd_create_t, __pad) == 2, "blkif_be_vbd_create_t.__pad");
static_assert(offsetof(blkif_be_vbd_create_t, blkif_handle) == 4, "blkif_be_vbd_create_t.blkif_handle");
static_assert(offsetof(blkif_be_vbd_create_t, pdevice) == 8, "blkif_be_vbd_create_t.pdevice");
static_assert(offsetof(blkif_be_vbd_create_t, dev_handle) == 12, "blkif_be_vbd_create_t.dev_handle");
static_assert(offsetof(blkif_be_vbd_create_t, vdevice) == 16, "blkif_be_vbd_create_t.vdevice");
static_assert(offsetof(blkif_be_vbd_create_t, readonly) == 18, "blkif_be_vbd_create_t.readonly");
static_assert(offsetof(blkif_be_vbd_create_t, status) == 20, "blkif_be_vbd_create_t.status");

// CMSG_BLKIF_BE_VBD_DESTROY: 16 bytes
typedef struct blkif_be_vbd_destroy_t {
  domid_t domid;
  u16 __pad0;
  u32 blkif_handle;
  blkif_vdev_t vdevice;
  u16 __pad1;
  u32 status;  // OUT
} __attribute__((packed)) blkif_be_vbd_destroy_t;
static_assert(sizeof(blkif_be_vbd_destroy_t) == 16, "blkif_be_vbd_destroy_t");
static_assert(offsetof(blkif_be_vbd_destroy_t, domid) == 0, "blkif_be_vbd_destroy_t.domid");
static_assert(offsetof(blkif_be_vbd_destroy_t, __pad0) == 2, "blkif_be_vbd_destroy_t.__pad0");
static_assert(offsetof(blkif_be_vbd_destroy_t, blkif_handle) == 4, "blkif_be_vbd_destroy_t.blkif_handle");
static_assert(offsetof(blkif_be_vbd_destroy_t, vdevice) == 8, "blkif_be_vbd_destroy_t.vdevice");
static_assert(offsetof(blkif_be_vbd_destroy_t, __pad1) == 10, "blkif_be_vbd_destroy_t.__pad1");
static_assert(offsetof(blkif_be_vbd_destroy_t, status) == 12, "blkif_be_vbd_destroy_t.status");

// CMSG_BLKIF_FE_DRIVER_STATUS: 8 bytes
typedef struct blkif_fe_driver_status_t {
  u32 status;
  u32 max_handle;  // OUT
} __attribute__((packed)) blkif_fe_driver_status_t;
static_assert(sizeof(blkif_fe_driver_status_t) == 8, "blkif_fe_driver_status_t");
static_assert(offsetof(blkif_fe_driver_status_t, status) == 0, "blkif_fe_driver_status_t.status");
static_assert(offsetof(blkif_fe_driver_status_t, max_handle) == 4, "blkif_fe_driver_status_t.max_handle");

// CMSG_BLKIF_FE_INTERFACE_CONNECT: 16 bytes
typedef struct blkif_fe_interface_connect_t {
  u32 handle;
  u32 __pad;
  memory_t shmem_frame;
} __attribute__((packed)) blkif_fe_interface_connect_t;
static_assert(sizeof(blkif_fe_interface_connect_t) == 16, "blkif_fe_interface_connect_t");
static_assert(offsetof(blkif_fe_interface_connect_t, handle) == 0, "blkif_fe_interface_connect_t.handle");
static_assert(offsetof(blkif_fe_interface_connect_t, __pad) == 4, "blkif_fe_interface_connect_t.__pad");
static_assert(offsetof(blkif_fe_interface_connect_t, shmem_frame) == 8, "blkif_fe_interface_connect_t.shmem_frame");

// CMSG_BLKIF_FE_INTERFACE_DISCONNECT: 4 bytes
typedef struct blkif_fe_interface_disconnect_t {
  u32 handle;
} __attribute__((packed)) blkif_fe_interface_disconnect_t;
static_assert(sizeof(blkif_fe_interface_disconnect_t) == 4, "blkif_fe_interface_disconnect_t");
static_assert(offsetof(blkif_fe_interface_disconnect_t, handle) == 0, "blkif_fe_interface_disconnect_t.handle");

// CMSG_BLKIF_FE_INTERFACE_QUERY: 12 bytes
typedef struct blkif_fe_interface_query_t {
  u32 handle;
  u32 status;  // OUT
  u16 evtchn;  // OUT
  domid_t domid;  // OUT
} __attribute__((packed)) blkif_fe_interface_query_t;
static_assert(sizeof(blkif_fe_interface_query_t) == 12, "blkif_fe_interface_query_t");
static_assert(offsetof(blkif_fe_interface_query_t, handle) == 0, "blkif_fe_interface_query_t.handle");
static_assert(offsetof(blkif_fe_interface_query_t, status) == 4, "blkif_fe_interface_query_t.status");
static_assert(offsetof(blkif_fe_interface_query_t, evtchn) == 8, "blkif_fe_interface_query_t.evtchn");
static_assert(offsetof(blkif_fe_interface_query_t, domid) == 10, "blkif_fe_interface_query_t.domid");

// CMSG_BLKIF_FE_INTERFACE_STATUS: 12 bytes
typedef struct blkif_fe_interface_status_t {
  u32 handle;
  u32 status;
  u16 evtchn;
  domid_t domid;
} __attribute__((packed)) blkif_fe_interface_status_t;
static_assert(sizeof(blkif_fe_interface_status_t) == 12, "blkif_fe_interface_status_t");
static_assert(offsetof(blkif_fe_interface_status_t, handle) == 0, "blkif_fe_interface_status_t.handle");
static_assert(offsetof(blkif_fe_interface_status_t, status) == 4, "blkif_fe_interface_status_t.status");
static_assert(offsetof(blkif_fe_interface_status_t, evtchn) == 8, "blkif_fe_interface_status_t.evtchn");
static_assert(offsetof(blkif_fe_interface_status_t, domid) == 10, "blkif_fe_interface_status_t.domid");

// CMSG_NETIF_BE_CONNECT: 32 bytes
typedef struct netif_be_connect_t {
  domid_t domid;
  u16 __pad0;
  u32 netif_handle;
  memory_t tx_shmem_frame;
  memory_t rx_shmem_frame;
  u16 evtchn;
  u16 __pad1;
  u32 status;  // OUT
} __attribute__((packed)) netif_be_connect_t;
static_assert(sizeof(netif_be_connect_t) == 32, "netif_be_connect_t");
static_assert(offsetof(netif_be_connect_t, domid) == 0, "netif_be_connect_t.domid");
static_assert(offsetof(netif_be_connect_t, __pad0) == 2, "netif_be_connect_t.__pad0");
static_assert(offsetof(netif_be_connect_t, netif_handle) == 4, "netif_be_connect_t.netif_handle");
static_assert(offsetof(netif_be_connect_t, tx_shmem_frame) == 8, "netif_be_connect_t.tx_shmem_frame");
static_assert(offsetof(netif_be_connect_t, rx_shmem_frame) == 16, "netif_be_connect_t.rx_shmem_frame");
static_assert(offsetof(netif_be_connect_t, evtchn) == 24, "netif_be_connect_t.evtchn");
static_assert(offsetof(netif_be_connect_t, __pad1) == 26, "netif_be_connect_t.__pad1");
static_assert(offsetof(netif_be_connect_t, status) == 28, "netif_be_connect_t.status");

// CMSG_NETIF_BE_CREATE: 28 bytes
typedef struct netif_be_create_t {
  domid_t domid;
  u16 __pad0;
  u32 netif_handle;
  u8 mac[6];
  u16 __pad1;
  u8 be_mac[6];
  u16 __pad2;
  u32 status;  // OUT
} __attribute__((packed)) netif_be_create_t;
static_assert(sizeof(netif_be_create_t) == 28, "netif_be_create_t");
static_assert(offsetof(netif_be_create_t, domid) == 0, "netif_be_create_t.domid");
static_assert(offsetof(netif_be_create_t, __pad0) == 2, "netif_be_create_t.__pad0");
static_assert(offsetof(netif_be_create_t, netif_handle) == 4, "netif_be_create_t.netif_handle");
static_assert(offsetof(netif_be_create_t, mac) == 8, "netif_be_create_t.mac");
static_assert(offsetof(netif_be_create_t, __pad1) == 14, "netif_be_create_t.__pad1");
static_assert(offsetof(netif_be_create_t, be_mac) == 16, "netif_be_create_t.be_mac");
static_assert(offsetof(netif_be_create_t, __pad2) == 22, "netif_be_create_t.__pad2");
static_assert(offsetof(netif_be_create_t, status) == 24, "netif_be_create_t.status");

// CMSG_NETIF_BE_CREDITLIMIT: 20 bytes
typedef struct netif_be_creditlimit_t {
  domid_t domid;
  u16 __pad0;
  u32 netif_handle;
  u32 credit_bytes;
  u32 period_usec;
  u32 status;  // OUT
} __attribute__((packed)) netif_be_creditlimit_t;
static_assert(sizeof(netif_be_creditlimit_t) == 20, "netif_be_creditlimit_t");
static_assert(offsetof(netif_be_creditlimit_t, domid) == 0, "netif_be_creditlimit_t.domid");
static_assert(offsetof(netif_be_creditlimit_t, __pad0) == 2, "netif_be_creditlimit_t.__pad0");
static_assert(offsetof(netif_be_creditlimit_t, netif_handle) == 4, "netif_be_creditlimit_t.netif_handle");
static_assert(offsetof(netif_be_creditlimit_t, credit_bytes) == 8, "netif_be_creditlimit_t.credit_bytes");
static_assert(offsetof(netif_be_creditlimit_t, period_usec) == 12, "netif_be_creditlimit_t.period_usec");
static_assert(offsetof(netif_be_creditlimit_t, status) == 16, "netif_be_creditlimit_t.status");

// CMSG_NETIF_BE_DESTROY: 12 bytes
typedef struct netif_be_destroy_t {
  domid_t domid;
  u16 __pad;
  u32 netif_handle;
  u32 status;  // OUT
} __attribute__((packed)) netif_be_destroy_t;
static_assert(sizeof(netif_be_destroy_t) == 12, "netif_be_destroy_t");
static_assert(offsetof(netif_be_destroy_t, domid) == 0, "netif_be_destroy_t.domid");
static_assert(offsetof(netif_be_destroy_t, __pad) == 2, "netif_be_destroy_t.__pad");
static_assert(offsetof(netif_be_destroy_t, netif_handle) == 4, "netif_be_destroy_t.netif_handle");
static_assert(offsetof(netif_be_destroy_t, status) == 8, "netif_be_destroy_t.status");

// CMSG_NETIF_BE_DISCONNECT: 12 bytes
typedef struct netif_be_disconnect_t {
  domid_t domid;
  u16 __pad;
  u32 netif_handle;
  u32 status;  // OUT
} __attribute__((packed)) netif_be_disconnect_t;
static_assert(sizeof(netif_be_disconnect_t) == 12, "netif_be_disconnect_t");
static_assert(offsetof(netif_be_disconnect_t, domid) == 0, "netif_be_disconnect_t.domid");
static_assert(offsetof(netif_be_disconnect_t, __pad) == 2, "netif_be_disconnect_t.__pad");
static_assert(offsetof(netif_be_disconnect_t, netif_handle) == 4, "netif_be_disconnect_t.netif_handle");
static_assert(offsetof(netif_be_disconnect_t, status) == 8, "netif_be_disconnect_t.status");

// CMSG_NETIF_BE_DRIVER_STATUS: 4 bytes
typedef struct netif_be_driver_status_t {
  u32 status;
} __attribute__((packed)) netif_be_driver_status_t;
static_assert(sizeof(netif_be_driver_status_t) == 4, "netif_be_driver_status_t");
static_assert(offsetof(netif_be_driver_status_t, status) == 0, "netif_be_driver_status_t.status");

// CMSG_NETIF_FE_DRIVER_STATUS: 8 bytes
typedef struct netif_fe_driver_status_t {
  u32 status;
  u32 max_handle;  // OUT
} __attribute__((packed)) netif_fe_driver_status_t;
static_assert(sizeof(netif_fe_driver_status_t) == 8, "netif_fe_driver_status_t");
static_assert(offsetof(netif_fe_driver_status_t, status) == 0, "netif_fe_driver_status_t.status");
static_assert(offsetof(netif_fe_driver_status_t, max_handle) == 4, "netif_fe_driver_status_t.max_handle");

// CMSG_NETIF_FE_INTERFACE_CONNECT: 24 bytes
typedef struct netif_fe_interface_connect_t {
  u32 handle;
  u32 __pad;
  memory_t tx_shmem_frame;
  memory_t rx_shmem_frame;
} __attribute__((packed)) netif_fe_interface_connect_t;
static_assert(sizeof(netif_fe_interface_connect_t) == 24, "netif_fe_interface_connect_t");
static_assert(offsetof(netif_fe_interface_connect_t, handle) == 0, "netif_fe_interface_connect_t.handle");
static_assert(offsetof(netif_fe_interface_connect_t, __pad) == 4, "netif_fe_interface_connect_t.__pad");
static_assert(offsetof(netif_fe_interface_connect_t, tx_shmem_frame) == 8, "netif_fe_interface_connect_t.tx_shmem_frame");
static_assert(offsetof(netif_fe_interface_connect_t, rx_shmem_frame) == 16, "netif_fe_interface_connect_t.rx_shmem_frame");

// CMSG_NETIF_FE_INTERFACE_DISCONNECT: 4 bytes
typedef struct netif_fe_interface_disconnect_t {
  u32 handle;
} __attribute__((packed)) netif_fe_interface_disconnect_t;
static_assert(sizeof(netif_fe_interface_disconnect_t) == 4, "netif_fe_interface_disconnect_t");
static_assert(offsetof(netif_fe_interface_disconnect_t, handle) == 0, "netif_fe_interface_disconnect_t.handle");

// CMSG_NETIF_FE_INTERFACE_QUERY: 18 bytes
typedef struct netif_fe_interface_query_t {
  u32 handle;
  u32 status;  // OUT
  u16 evtchn;  // OUT
  u8 mac[6];  // OUT
  domid_t domid;  // OUT
} __attribute__((packed)) netif_fe_interface_query_t;
static_assert(sizeof(netif_fe_interface_query_t) == 18, "netif_fe_interface_query_t");
static_assert(offsetof(netif_fe_interface_query_t, handle) == 0, "netif_fe_interface_query_t.handle");
static_assert(offsetof(netif_fe_interface_query_t, status) == 4, "netif_fe_interface_query_t.status");
static_assert(offsetof(netif_fe_interface_query_t, evtchn) == 8, "netif_fe_interface_query_t.evtchn");
static_assert(offsetof(netif_fe_interface_query_t, mac) == 10, "netif_fe_interface_query_t.mac");
static_assert(offsetof(netif_fe_interface_query_t, domid) == 16, "netif_fe_interface_query_t.domid");

// CMSG_NETIF_FE_INTERFACE_STATUS: 18 bytes
typedef struct netif_fe_interface_status_t {
  u32 handle;
  u32 status;
  u16 evtchn;
  u8 mac[6];
  domid_t domid;
} __attribute__((packed)) netif_fe_interface_status_t;
static_assert(sizeof(netif_fe_interface_status_t) == 18, "netif_fe_interface_status_t");
static_assert(offsetof(netif_fe_interface_status_t, handle) == 0, "netif_fe_interface_status_t.handle");
static_assert(offsetof(netif_fe_interface_status_t, status) == 4, "netif_fe_interface_status_t.status");
static_assert(offsetof(netif_fe_interface_status_t, evtchn) == 8, "netif_fe_interface_status_t.evtchn");
static_assert(offsetof(netif_fe_interface_status_t, mac) == 10, "netif_fe_interface_status_t.mac");
static_assert(offsetof(netif_fe_interface_status_t, domid) == 16, "netif_fe_interface_status_t.domid");

// CMSG_MEM_REQUEST_SET: 8 bytes
typedef struct mem_request_t {
  u32 target;
  u32 status;  // OUT
} __attribute__((packed)) mem_request_t;
static_assert(sizeof(mem_request_t) == 8, "mem_request_t");
static_assert(offsetof(mem_request_t, target) == 0, "mem_request_t.target");
static_assert(offsetof(mem_request_t, status) == 4, "mem_request_t.status");

// CMSG_SHUTDOWN_SYSRQ: 4 bytes
typedef struct shutdown_sysrq_t {
  char key;
  char __pad[3];
} __attribute__((packed)) shutdown_sysrq_t;
static_assert(sizeof(shutdown_sysrq_t) == 4, "shutdown_sysrq_t");
static_assert(offsetof(shutdown_sysrq_t, key) == 0, "shutdown_sysrq_t.key");
static_assert(offsetof(shutdown_sysrq_t, __pad) == 1, "shutdown_sysrq_t.__pad");

// CMSG_VCPU_HOTPLUG_OFF, CMSG_VCPU_HOTPLUG_ON: 8 bytes
typedef struct vcpu_hotplug_t {
  u32 vcpu;
  u32 status;  // OUT
} __attribute__((packed)) vcpu_hotplug_t;
static_assert(sizeof(vcpu_hotplug_t) == 8, "vcpu_hotplug_t");
static_assert(offsetof(vcpu_hotplug_t, vcpu) == 0, "vcpu_hotplug_t.vcpu");
static_assert(offsetof(vcpu_hotplug_t, status) == 4, "vcpu_hotplug_t.status");

// CMSG_USBIF_BE_CLAIM_PORT: 26 bytes
typedef struct usbif_be_claim_port_t {
  domid_t domid;
  u32 usbif_port;
  u32 status;  // OUT
  char path[16];
} __attribute__((packed)) usbif_be_claim_port_t;
static_assert(sizeof(usbif_be_claim_port_t) == 26, "usbif_be_claim_port_t");
static_assert(offsetof(usbif_be_claim_port_t, domid) == 0, "usbif_be_claim_port_t.domid");
static_assert(offsetof(usbif_be_claim_port_t, usbif_port) == 2, "usbif_be_claim_port_t.usbif_port");
static_assert(offsetof(usbif_be_claim_port_t, status) == 6, "usbif_be_claim_port_t.status");
static_assert(offsetof(usbif_be_claim_port_t, path) == 10, "usbif_be_claim_port_t.path");

// CMSG_USBIF_BE_CONNECT: 24 bytes
typedef struct usbif_be_connect_t {
  domid_t domid;
  u16 __pad;
  memory_t shmem_frame;
  u32 evtchn;
  u32 bandwidth;
  u32 status;  // OUT
} __attribute__((packed)) usbif_be_connect_t;
static_assert(sizeof(usbif_be_connect_t) == 24, "usbif_be_connect_t");
static_assert(offsetof(usbif_be_connect_t, domid) == 0, "usbif_be_connect_t.domid");
static_assert(offsetof(usbif_be_connect_t, __pad) == 2, "usbif_be_connect_t.__pad");
static_assert(offsetof(usbif_be_connect_t, shmem_frame) == 4, "usbif_be_connect_t.shmem_frame");
static_assert(offsetof(usbif_be_connect_t, evtchn) == 12, "usbif_be_connect_t.evtchn");
static_assert(offsetof(usbif_be_connect_t, bandwidth) == 16, "usbif_be_connect_t.bandwidth");
static_assert(offsetof(usbif_be_connect_t, status) == 20, "usbif_be_connect_t.status");

// CMSG_USBIF_BE_CREATE: 8 bytes
typedef struct usbif_be_create_t {
  domid_t domid;
  u16 __pad;
  u32 status;  // OUT
} __attribute__((packed)) usbif_be_create_t;
static_assert(sizeof(usbif_be_create_t) == 8, "usbif_be_create_t");
static_assert(offsetof(usbif_be_create_t, domid) == 0, "usbif_be_create_t.domid");
static_assert(offsetof(usbif_be_create_t, __pad) == 2, "usbif_be_create_t.__pad");
static_assert(offsetof(usbif_be_create_t, status) == 4, "usbif_be_create_t.status");

// CMSG_USBIF_BE_DESTROY: 8 bytes
typedef struct usbif_be_destroy_t {
  domid_t domid;
  u16 __pad;
  u32 status;  // OUT
} __attribute__((packed)) usbif_be_destroy_t;
static_assert(sizeof(usbif_be_destroy_t) == 8, "usbif_be_destroy_t");
static_assert(offsetof(usbif_be_destroy_t, domid) == 0, "usbif_be_destroy_t.domid");
static_assert(offsetof(usbif_be_destroy_t, __pad) == 2, "usbif_be_destroy_t.__pad");
static_assert(offsetof(usbif_be_destroy_t, status) == 4, "usbif_be_destroy_t.status");

// CMSG_USBIF_BE_DISCONNECT: 8 bytes
typedef struct usbif_be_disconnect_t {
  domid_t domid;
  u16 __pad;
  u32 status;  // OUT
} __attribute__((packed)) usbif_be_disconnect_t;
static_assert(sizeof(usbif_be_disconnect_t) == 8, "usbif_be_disconnect_t");
static_assert(offsetof(usbif_be_disconnect_t, domid) == 0, "usbif_be_disconnect_t.domid");
static_assert(offsetof(usbif_be_disconnect_t, __pad) == 2, "usbif_be_disconnect_t.__pad");
static_assert(offsetof(usbif_be_disconnect_t, status) == 4, "usbif_be_disconnect_t.status");

// CMSG_USBIF_BE_DRIVER_STATUS_CHANGED: 4 bytes
typedef struct usbif_be_driver_status_changed_t {
  u32 status;
} __attribute__((packed)) usbif_be_driver_status_changed_t;
static_assert(sizeof(usbif_be_driver_status_changed_t) == 4, "usbif_be_driver_status_changed_t");
static_assert(offsetof(usbif_be_driver_status_changed_t, status) == 0, "usbif_be_driver_status_changed_t.status");

// CMSG_USBIF_BE_RELEASE_PORT: 16 bytes
typedef struct usbif_be_release_port_t {
  char path[16];
} __attribute__((packed)) usbif_be_release_port_t;
static_assert(sizeof(usbif_be_release_port_t) == 16, "usbif_be_release_port_t");
static_assert(offsetof(usbif_be_release_port_t, path) == 0, "usbif_be_release_port_t.path");

// CMSG_USBIF_FE_DRIVER_STATUS_CHANGED: 4 bytes
typedef struct usbif_fe_driver_status_changed_t {
  u32 status;
} __attribute__((packed)) usbif_fe_driver_status_changed_t;
static_assert(sizeof(usbif_fe_driver_status_changed_t) == 4, "usbif_fe_driver_status_changed_t");
static_assert(offsetof(usbif_fe_driver_status_changed_t, status) == 0, "usbif_fe_driver_status_changed_t.status");

// CMSG_USBIF_FE_INTERFACE_CONNECT: 12 bytes
typedef struct usbif_fe_interface_connect_t {
  u32 __pad;
  memory_t shmem_frame;
} __attribute__((packed)) usbif_fe_interface_connect_t;
static_assert(sizeof(usbif_fe_interface_connect_t) == 12, "usbif_fe_interface_connect_t");
static_assert(offsetof(usbif_fe_interface_connect_t, __pad) == 0, "usbif_fe_interface_connect_t.__pad");
static_assert(offsetof(usbif_fe_interface_connect_t, shmem_frame) == 4, "usbif_fe_interface_connect_t.shmem_frame");

// CMSG_USBIF_FE_INTERFACE_DISCONNECT: 0 bytes
typedef struct usbif_fe_interface_disconnect_t {
} __attribute__((packed)) usbif_fe_interface_disconnect_t;

// CMSG_USBIF_FE_INTERFACE_STATUS_CHANGED: 16 bytes
typedef struct usbif_fe_interface_status_changed_t {
  u32 status;
  u16 evtchn;
  domid_t domid;
  u32 bandwidth;
  u32 num_ports;
} __attribute__((packed)) usbif_fe_interface_status_changed_t;
static_assert(sizeof(usbif_fe_interface_status_changed_t) == 16, "usbif_fe_interface_status_changed_t");
static_assert(offsetof(usbif_fe_interface_status_changed_t, status) == 0, "usbif_fe_interface_status_changed_t.status");
static_assert(offsetof(usbif_fe_interface_status_changed_t, evtchn) == 4, "usbif_fe_interface_status_changed_t.evtchn");
static_assert(offsetof(usbif_fe_interface_status_changed_t, domid) == 6, "usbif_fe_interface_status_changed_t.domid");
static_assert(offsetof(usbif_fe_interface_status_changed_t, bandwidth) == 8, "usbif_fe_interface_status_changed_t.bandwidth");
static_assert(offsetof(usbif_fe_interface_status_changed_t, num_ports) == 12, "usbif_fe_interface_status_changed_t.num_ports");

#ifdef __cplusplus
}  // namespace ctrl_if
#endif
