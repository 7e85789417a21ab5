/**
 * Every number that `domain_controller.h` defines, under its own name: message types and subtypes (`CMSG_*`), interface,
 * driver and backend status codes, and sizes. The controller sends subtypes below 32, and guests send the others. The console and
 * `CMSG_NETIF_FE_DRIVER_STATUS` go both ways (PROTOCOL.md 2.0).
 */

// --- Transport and types ---

/** The number of slots in a ring: a power of two. */
export const CONTROL_RING_SIZE = 8;
/** The size of a ring in bytes: two u32 counters and 8 slots of 64 bytes. */
export const CONTROL_RING_MEM = 520;
/** Message type: console. */
export const CMSG_CONSOLE = 0;
/** Message type: block-device backend. */
export const CMSG_BLKIF_BE = 1;
/** Message type: block-device frontend. */
export const CMSG_BLKIF_FE = 2;
/** Message type: network-device backend. */
export const CMSG_NETIF_BE = 3;
/** Message type: network-device frontend. */
export const CMSG_NETIF_FE = 4;
/** Message type: shutdown. */
export const CMSG_SHUTDOWN = 6;
/** Message type: memory reservation. */
export const CMSG_MEM_REQUEST = 7;
/** Message type: USB backend. */
export const CMSG_USBIF_BE = 8;
/** Message type: USB frontend. */
export const CMSG_USBIF_FE = 9;
/** Message type: VCPU hotplug. */
export const CMSG_VCPU_HOTPLUG = 10;

// --- Console ---

/** Raw bytes, in both directions. */
export const CMSG_CONSOLE_DATA = 0;

// --- Block frontend ---

/** Controller to guest: the status of an interface has changed. */
export const CMSG_BLKIF_FE_INTERFACE_STATUS = 0;
/** Guest to controller: the frontend driver is UP or DOWN. */
export const CMSG_BLKIF_FE_DRIVER_STATUS = 32;
/** Guest to controller: the shared frames are ready. */
export const CMSG_BLKIF_FE_INTERFACE_CONNECT = 33;
/** Guest to controller: release the shared frames. */
export const CMSG_BLKIF_FE_INTERFACE_DISCONNECT = 34;
/** Guest to controller: return the status of this interface. */
export const CMSG_BLKIF_FE_INTERFACE_QUERY = 35;
/** The interface does not exist. */
export const BLKIF_INTERFACE_STATUS_CLOSED = 0;
/** The interface exists and is disconnected. */
export const BLKIF_INTERFACE_STATUS_DISCONNECTED = 1;
/** The interface exists and is connected. */
export const BLKIF_INTERFACE_STATUS_CONNECTED = 2;
/** A device has been added or removed. */
export const BLKIF_INTERFACE_STATUS_CHANGED = 3;
/** The driver is not loaded. */
export const BLKIF_DRIVER_STATUS_DOWN = 0;
/** The driver is loaded. */
export const BLKIF_DRIVER_STATUS_UP = 1;

// --- Block backend ---

/** Create a new block-device interface. */
export const CMSG_BLKIF_BE_CREATE = 0;
/** Destroy a block-device interface. */
export const CMSG_BLKIF_BE_DESTROY = 1;
/** Connect an interface to the remote driver. */
export const CMSG_BLKIF_BE_CONNECT = 2;
/** Disconnect an interface from the remote driver. */
export const CMSG_BLKIF_BE_DISCONNECT = 3;
/** Create a new VBD for an interface. */
export const CMSG_BLKIF_BE_VBD_CREATE = 4;
/** Delete a VBD from an interface. */
export const CMSG_BLKIF_BE_VBD_DESTROY = 5;
/** Driver domain to controller: the backend driver is UP or DOWN. */
export const CMSG_BLKIF_BE_DRIVER_STATUS = 32;
/** Success. */
export const BLKIF_BE_STATUS_OKAY = 0;
/** Failure without a specific code. */
export const BLKIF_BE_STATUS_ERROR = 1;
/** Interface already exists. */
export const BLKIF_BE_STATUS_INTERFACE_EXISTS = 2;
/** Interface not found. */
export const BLKIF_BE_STATUS_INTERFACE_NOT_FOUND = 3;
/** Interface is still connected. */
export const BLKIF_BE_STATUS_INTERFACE_CONNECTED = 4;
/** VBD already exists. */
export const BLKIF_BE_STATUS_VBD_EXISTS = 5;
/** VBD not found. */
export const BLKIF_BE_STATUS_VBD_NOT_FOUND = 6;
/** Out of memory. */
export const BLKIF_BE_STATUS_OUT_OF_MEMORY = 7;
/** The physical device of the VBD was not found. */
export const BLKIF_BE_STATUS_PHYSDEV_NOT_FOUND = 8;
/** Could not map domain memory. */
export const BLKIF_BE_STATUS_MAPPING_ERROR = 9;

// --- Network frontend ---

/** Controller to guest: the status of an interface has changed. */
export const CMSG_NETIF_FE_INTERFACE_STATUS = 0;
/** Guest to controller: the frontend driver is UP or DOWN. */
export const CMSG_NETIF_FE_DRIVER_STATUS = 32;
/** Guest to controller: the shared frames are ready. */
export const CMSG_NETIF_FE_INTERFACE_CONNECT = 33;
/** Guest to controller: release the shared frames. */
export const CMSG_NETIF_FE_INTERFACE_DISCONNECT = 34;
/** Guest to controller: return the status of this interface. */
export const CMSG_NETIF_FE_INTERFACE_QUERY = 35;
/** The interface does not exist. */
export const NETIF_INTERFACE_STATUS_CLOSED = 0;
/** The interface exists and is disconnected. */
export const NETIF_INTERFACE_STATUS_DISCONNECTED = 1;
/** The interface exists and is connected. */
export const NETIF_INTERFACE_STATUS_CONNECTED = 2;
/** A device has been added or removed. */
export const NETIF_INTERFACE_STATUS_CHANGED = 3;
/** The driver is not loaded. */
export const NETIF_DRIVER_STATUS_DOWN = 0;
/** The driver is loaded. */
export const NETIF_DRIVER_STATUS_UP = 1;

// --- Network backend ---

/** Create a new net-device interface. */
export const CMSG_NETIF_BE_CREATE = 0;
/** Destroy a net-device interface. */
export const CMSG_NETIF_BE_DESTROY = 1;
/** Connect an interface to the remote driver. */
export const CMSG_NETIF_BE_CONNECT = 2;
/** Disconnect an interface from the remote driver. */
export const CMSG_NETIF_BE_DISCONNECT = 3;
/** Limit the rate of an interface. */
export const CMSG_NETIF_BE_CREDITLIMIT = 4;
/** Driver domain to controller: the backend driver is UP or DOWN. */
export const CMSG_NETIF_BE_DRIVER_STATUS = 32;
/** Success. */
export const NETIF_BE_STATUS_OKAY = 0;
/** Failure without a specific code. */
export const NETIF_BE_STATUS_ERROR = 1;
/** Interface already exists. */
export const NETIF_BE_STATUS_INTERFACE_EXISTS = 2;
/** Interface not found. */
export const NETIF_BE_STATUS_INTERFACE_NOT_FOUND = 3;
/** Interface is still connected. */
export const NETIF_BE_STATUS_INTERFACE_CONNECTED = 4;
/** Out of memory. */
export const NETIF_BE_STATUS_OUT_OF_MEMORY = 5;
/** Could not map domain memory. */
export const NETIF_BE_STATUS_MAPPING_ERROR = 6;

// --- USB frontend ---

/** Controller to guest: the status of the interface has changed. */
export const CMSG_USBIF_FE_INTERFACE_STATUS_CHANGED = 0;
/** Guest to controller: the frontend driver is UP or DOWN. */
export const CMSG_USBIF_FE_DRIVER_STATUS_CHANGED = 32;
/** Guest to controller: the shared frames are ready. */
export const CMSG_USBIF_FE_INTERFACE_CONNECT = 33;
/** Guest to controller: release the shared frames. */
export const CMSG_USBIF_FE_INTERFACE_DISCONNECT = 34;
/** The interface does not exist. */
export const USBIF_INTERFACE_STATUS_DESTROYED = 0;
/** The interface exists and is disconnected. */
export const USBIF_INTERFACE_STATUS_DISCONNECTED = 1;
/** The interface exists and is connected. */
export const USBIF_INTERFACE_STATUS_CONNECTED = 2;
/** The driver is not loaded. */
export const USBIF_DRIVER_STATUS_DOWN = 0;
/** The driver is loaded. */
export const USBIF_DRIVER_STATUS_UP = 1;

// --- USB backend ---

/** Create a new USB interface. */
export const CMSG_USBIF_BE_CREATE = 0;
/** Destroy a USB interface. */
export const CMSG_USBIF_BE_DESTROY = 1;
/** Connect an interface to the remote driver. */
export const CMSG_USBIF_BE_CONNECT = 2;
/** Disconnect an interface from the remote driver. */
export const CMSG_USBIF_BE_DISCONNECT = 3;
/** Claim a host port for a domain. */
export const CMSG_USBIF_BE_CLAIM_PORT = 4;
/** Release a host port. */
export const CMSG_USBIF_BE_RELEASE_PORT = 5;
/** Driver domain to controller: the backend driver is UP or DOWN. */
export const CMSG_USBIF_BE_DRIVER_STATUS_CHANGED = 32;
/** Success. */
export const USBIF_BE_STATUS_OKAY = 0;
/** Failure without a specific code. */
export const USBIF_BE_STATUS_ERROR = 1;
/** Interface already exists. */
export const USBIF_BE_STATUS_INTERFACE_EXISTS = 2;
/** Interface not found. */
export const USBIF_BE_STATUS_INTERFACE_NOT_FOUND = 3;
/** Interface is still connected. */
export const USBIF_BE_STATUS_INTERFACE_CONNECTED = 4;
/** Out of memory. */
export const USBIF_BE_STATUS_OUT_OF_MEMORY = 7;
/** Could not map domain memory. */
export const USBIF_BE_STATUS_MAPPING_ERROR = 9;
/** The size in bytes of a host port path such as `usb1/1-1.2`. */
export const USB_PATH_LEN = 16;

// --- Shutdown ---

/** Shut down and power off (SHUTDOWN_poweroff). */
export const CMSG_SHUTDOWN_POWEROFF = 0;
/** Shut down and reboot (SHUTDOWN_reboot). */
export const CMSG_SHUTDOWN_REBOOT = 1;
/** Create suspend info, then SHUTDOWN_suspend. */
export const CMSG_SHUTDOWN_SUSPEND = 2;
/** Pass a magic SysRq key to the guest. */
export const CMSG_SHUTDOWN_SYSRQ = 3;

// --- VCPU hotplug ---

/** Turn a VCPU off. */
export const CMSG_VCPU_HOTPLUG_OFF = 0;
/** Turn a VCPU on. */
export const CMSG_VCPU_HOTPLUG_ON = 1;

// --- Memory ---

/** Set the memory size of a domain. */
export const CMSG_MEM_REQUEST_SET = 0;
