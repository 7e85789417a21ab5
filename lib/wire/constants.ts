/**
 * Every number that `domain_controller.h` defines, under its own name: message types and subtypes (`CMSG_*`), interface,
 * driver and backend status codes, and sizes. Subtypes below 32 flow from the controller, the others towards it, but for
 * the console and `CMSG_NETIF_FE_DRIVER_STATUS`, which go both ways (PROTOCOL.md 2.0).
 */

// --- Transport and types ---

/** Slots in a ring; a power of two. */
export const CONTROL_RING_SIZE = 8;
/** Bytes of one ring: two u32 counters and 8 slots of 64 bytes. */
export const CONTROL_RING_MEM = 520;
/** Console */
export const CMSG_CONSOLE = 0;
/** Block-device backend */
export const CMSG_BLKIF_BE = 1;
/** Block-device frontend */
export const CMSG_BLKIF_FE = 2;
/** Network-device backend */
export const CMSG_NETIF_BE = 3;
/** Network-device frontend */
export const CMSG_NETIF_FE = 4;
/** Shutdown messages */
export const CMSG_SHUTDOWN = 6;
/** Memory reservation requests */
export const CMSG_MEM_REQUEST = 7;
/** USB controller backend */
export const CMSG_USBIF_BE = 8;
/** USB controller frontend */
export const CMSG_USBIF_FE = 9;
/** Hotplug VCPU messages */
export const CMSG_VCPU_HOTPLUG = 10;

// --- Console ---

/** Raw bytes, both ways. */
export const CMSG_CONSOLE_DATA = 0;

// --- Block frontend ---

/** Controller to guest: the status of one interface has changed. */
export const CMSG_BLKIF_FE_INTERFACE_STATUS = 0;
/** Guest to controller: the frontend driver is UP or DOWN. */
export const CMSG_BLKIF_FE_DRIVER_STATUS = 32;
/** Guest to controller: the shared frames are ready. */
export const CMSG_BLKIF_FE_INTERFACE_CONNECT = 33;
/** Guest to controller: let go of the shared frames. */
export const CMSG_BLKIF_FE_INTERFACE_DISCONNECT = 34;
/** Guest to controller: what is the status of this interface? */
export const CMSG_BLKIF_FE_INTERFACE_QUERY = 35;
/** Interface doesn't exist. */
export const BLKIF_INTERFACE_STATUS_CLOSED = 0;
/** Exists but is disconnected. */
export const BLKIF_INTERFACE_STATUS_DISCONNECTED = 1;
/** Exists and is connected. */
export const BLKIF_INTERFACE_STATUS_CONNECTED = 2;
/** A device has been added or removed. */
export const BLKIF_INTERFACE_STATUS_CHANGED = 3;
export const BLKIF_DRIVER_STATUS_DOWN = 0;
export const BLKIF_DRIVER_STATUS_UP = 1;

// --- Block backend ---

/** Create a new block-device interface. */
export const CMSG_BLKIF_BE_CREATE = 0;
/** Destroy a block-device interface. */
export const CMSG_BLKIF_BE_DESTROY = 1;
/** Connect i/f to remote driver. */
export const CMSG_BLKIF_BE_CONNECT = 2;
/** Disconnect i/f from remote driver. */
export const CMSG_BLKIF_BE_DISCONNECT = 3;
/** Create a new VBD for an interface. */
export const CMSG_BLKIF_BE_VBD_CREATE = 4;
/** Delete a VBD from an interface. */
export const CMSG_BLKIF_BE_VBD_DESTROY = 5;
/** Driver domain to controller: the backend driver is UP or DOWN. */
export const CMSG_BLKIF_BE_DRIVER_STATUS = 32;
/** Non-specific 'okay' return. */
export const BLKIF_BE_STATUS_OKAY = 0;
/** Non-specific 'error' return; the ones below are specific. */
export const BLKIF_BE_STATUS_ERROR = 1;
export const BLKIF_BE_STATUS_INTERFACE_EXISTS = 2;
export const BLKIF_BE_STATUS_INTERFACE_NOT_FOUND = 3;
export const BLKIF_BE_STATUS_INTERFACE_CONNECTED = 4;
export const BLKIF_BE_STATUS_VBD_EXISTS = 5;
export const BLKIF_BE_STATUS_VBD_NOT_FOUND = 6;
export const BLKIF_BE_STATUS_OUT_OF_MEMORY = 7;
export const BLKIF_BE_STATUS_PHYSDEV_NOT_FOUND = 8;
export const BLKIF_BE_STATUS_MAPPING_ERROR = 9;

// --- Network frontend ---

/** Controller to guest: the status of one interface has changed. */
export const CMSG_NETIF_FE_INTERFACE_STATUS = 0;
/** Guest to controller: the frontend driver is UP or DOWN. */
export const CMSG_NETIF_FE_DRIVER_STATUS = 32;
/** Guest to controller: the shared frames are ready. */
export const CMSG_NETIF_FE_INTERFACE_CONNECT = 33;
/** Guest to controller: let go of the shared frames. */
export const CMSG_NETIF_FE_INTERFACE_DISCONNECT = 34;
/** Guest to controller: what is the status of this interface? */
export const CMSG_NETIF_FE_INTERFACE_QUERY = 35;
/** Interface doesn't exist. */
export const NETIF_INTERFACE_STATUS_CLOSED = 0;
/** Exists but is disconnected. */
export const NETIF_INTERFACE_STATUS_DISCONNECTED = 1;
/** Exists and is connected. */
export const NETIF_INTERFACE_STATUS_CONNECTED = 2;
/** A device has been added or removed. */
export const NETIF_INTERFACE_STATUS_CHANGED = 3;
export const NETIF_DRIVER_STATUS_DOWN = 0;
export const NETIF_DRIVER_STATUS_UP = 1;

// --- Network backend ---

/** Create a new net-device interface. */
export const CMSG_NETIF_BE_CREATE = 0;
/** Destroy a net-device interface. */
export const CMSG_NETIF_BE_DESTROY = 1;
/** Connect i/f to remote driver. */
export const CMSG_NETIF_BE_CONNECT = 2;
/** Disconnect i/f from remote driver. */
export const CMSG_NETIF_BE_DISCONNECT = 3;
/** Limit i/f to a given credit limit. */
export const CMSG_NETIF_BE_CREDITLIMIT = 4;
/** Driver domain to controller: the backend driver is UP or DOWN. */
export const CMSG_NETIF_BE_DRIVER_STATUS = 32;
/** Non-specific 'okay' return. */
export const NETIF_BE_STATUS_OKAY = 0;
/** Non-specific 'error' return; the ones below are specific. */
export const NETIF_BE_STATUS_ERROR = 1;
export const NETIF_BE_STATUS_INTERFACE_EXISTS = 2;
export const NETIF_BE_STATUS_INTERFACE_NOT_FOUND = 3;
export const NETIF_BE_STATUS_INTERFACE_CONNECTED = 4;
export const NETIF_BE_STATUS_OUT_OF_MEMORY = 5;
export const NETIF_BE_STATUS_MAPPING_ERROR = 6;

// --- USB frontend ---

/** Controller to guest: the status of the interface has changed. */
export const CMSG_USBIF_FE_INTERFACE_STATUS_CHANGED = 0;
/** Guest to controller: the frontend driver is UP or DOWN. */
export const CMSG_USBIF_FE_DRIVER_STATUS_CHANGED = 32;
/** Guest to controller: the shared frames are ready. */
export const CMSG_USBIF_FE_INTERFACE_CONNECT = 33;
/** Guest to controller: let go of the shared frames. */
export const CMSG_USBIF_FE_INTERFACE_DISCONNECT = 34;
/** Interface doesn't exist. */
export const USBIF_INTERFACE_STATUS_DESTROYED = 0;
/** Exists but is disconnected. */
export const USBIF_INTERFACE_STATUS_DISCONNECTED = 1;
/** Exists and is connected. */
export const USBIF_INTERFACE_STATUS_CONNECTED = 2;
export const USBIF_DRIVER_STATUS_DOWN = 0;
export const USBIF_DRIVER_STATUS_UP = 1;

// --- USB backend ---

/** Create a new USB interface. */
export const CMSG_USBIF_BE_CREATE = 0;
/** Destroy a block-device interface. */
export const CMSG_USBIF_BE_DESTROY = 1;
/** Connect i/f to remote driver. */
export const CMSG_USBIF_BE_CONNECT = 2;
/** Disconnect i/f from remote driver. */
export const CMSG_USBIF_BE_DISCONNECT = 3;
/** Claim host port for a domain. */
export const CMSG_USBIF_BE_CLAIM_PORT = 4;
/** Release host port. */
export const CMSG_USBIF_BE_RELEASE_PORT = 5;
/** Driver domain to controller: the backend driver is UP or DOWN. */
export const CMSG_USBIF_BE_DRIVER_STATUS_CHANGED = 32;
/** Non-specific 'okay' return. */
export const USBIF_BE_STATUS_OKAY = 0;
/** Non-specific 'error' return; the ones below are specific. */
export const USBIF_BE_STATUS_ERROR = 1;
export const USBIF_BE_STATUS_INTERFACE_EXISTS = 2;
export const USBIF_BE_STATUS_INTERFACE_NOT_FOUND = 3;
export const USBIF_BE_STATUS_INTERFACE_CONNECTED = 4;
export const USBIF_BE_STATUS_OUT_OF_MEMORY = 7;
export const USBIF_BE_STATUS_MAPPING_ERROR = 9;
/** Bytes of a host port path such as `usb1/1-1.2`. */
export const USB_PATH_LEN = 16;

// --- Shutdown ---

/** Clean shutdown (SHUTDOWN_poweroff). */
export const CMSG_SHUTDOWN_POWEROFF = 0;
/** Clean shutdown (SHUTDOWN_reboot). */
export const CMSG_SHUTDOWN_REBOOT = 1;
/** Create suspend info, then SHUTDOWN_suspend. */
export const CMSG_SHUTDOWN_SUSPEND = 2;
/** A magic SysRq key. */
export const CMSG_SHUTDOWN_SYSRQ = 3;

// --- VCPU hotplug ---

/** turn vcpu off */
export const CMSG_VCPU_HOTPLUG_OFF = 0;
/** turn vcpu on */
export const CMSG_VCPU_HOTPLUG_ON = 1;

// --- Memory ---

/** Request a domain to set its mem footprint. */
export const CMSG_MEM_REQUEST_SET = 0;
