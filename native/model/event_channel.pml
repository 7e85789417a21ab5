// The wake-up protocol of wakeup.hpp and event_channel.hpp, from a publish to the doorbell, on a memory with store
// buffers (x86's TSO; SPIN's own memory is sequentially consistent and needs no fence).
//
// A domain owns a page and serves two ports. Port A belongs to a link: its notifier reads the link's sleep word first
// and raises the event only if the link sleeps (ring_object.cc, Ring::transfer). Port B is raised for each publish. Each
// notifier publishes MESSAGES times. An event is lost when no process can move and a published index was not seen.
//
// check.mjs leaves out one step at a time, and each such variant must fail:
//   NO_SLEEPER_FENCE   arm() without its fence             NO_RING_RECHECK      a link sleeps without a last poll
//   NO_NOTIFIER_FENCE  claim() without its fence           NO_SELECTOR_RECHECK  the domain sleeps without a last check
//   CLEAR_AFTER_POLL   collect() clears pending too late   NO_UNMASK_RECHECK    unmask() does not check pending
//   SELECTOR_FIRST     notify() sets selector, then pending
//
// Not modelled: reorderings of weaker machines that TSO forbids (TSan and runs on arm64 check the C++ orders for these),
// a notifier killed in the middle of notify, and more ports than one pending word has.

#ifndef MESSAGES
#define MESSAGES 2
#endif

// Words of shared memory: the rings' indices, the sleep words, and the bits of event_channel.hpp.
#define RING_A 0
#define RING_B 1
#define LINK_ASLEEP 2
#define DOMAIN_ASLEEP 3
#define PENDING 4
#define MASK 5
#define SELECTOR 6
#define WORDS 7

#define BIT_A 1
#define BIT_B 2

byte memory[WORDS];
bool bell;        // a byte or more in the pipe
byte seen_a;      // the owner's private indices
byte seen_b;
byte finished;    // notifiers that are done

// Each process's store buffer: (word, value) in the order of its stores. No process loads a word that is in its own
// buffer, so loads need not search it. Two entries are enough: no process has more stores between two fences.
chan owner_stores = [2] of { byte, byte };
chan a_stores = [2] of { byte, byte };
chan b_stores = [2] of { byte, byte };

// One instruction each. A locked instruction (set_bits, clear_bits, exchange) waits for the stores before it, as on x86.
#define STORE(stores, word, value) stores!word,value
#define LOAD(word, into) into = memory[word]
#define FENCE(stores) (empty(stores))
#define SET_BITS(stores, word, bits, old) d_step { empty(stores); old = memory[word]; memory[word] = old | (bits) }
#define CLEAR_BITS(stores, word, bits) d_step { empty(stores); memory[word] = memory[word] & (7 - (bits)) }
#define EXCHANGE(stores, word, value, old) d_step { empty(stores); old = memory[word]; memory[word] = value }

#ifdef NO_SLEEPER_FENCE
#define FENCE_A(stores) skip
#else
#define FENCE_A(stores) FENCE(stores)
#endif
#ifdef NO_NOTIFIER_FENCE
#define FENCE_B(stores) skip
#else
#define FENCE_B(stores) FENCE(stores)
#endif

// wakeup.hpp: arm, disarm, claim.
#define ARM(stores, word) STORE(stores, word, 1); FENCE_A(stores)
#define DISARM(stores, word) STORE(stores, word, 0)
inline claim(stores, word, claimed) {
  FENCE_B(stores);
  LOAD(word, claimed);
  if
  :: claimed == 1 -> EXCHANGE(stores, word, 0, claimed)
  :: else -> skip
  fi
}

// event_channel.hpp: notify, N1 to N4; then Ringer::ring, a system call.
inline notify(stores, port, old) {
#ifdef SELECTOR_FIRST
  SET_BITS(stores, SELECTOR, 1, old);
#endif
  SET_BITS(stores, PENDING, port, old);
  if
  :: (old & port) == 0 ->
    LOAD(MASK, old);
    if
    :: (old & port) == 0 ->
#ifndef SELECTOR_FIRST
      SET_BITS(stores, SELECTOR, 1, old);
#endif
      claim(stores, DOMAIN_ASLEEP, old);
      if
      :: old == 1 -> bell = true
      :: else -> skip
      fi
    :: else -> skip
    fi
  :: else -> skip
  fi
}

// Ring::transfer: push_requests, claim the link's word, and the event only for a link that sleeps.
proctype NotifierA() {
  byte sent, old;
  do
  :: sent < MESSAGES ->
    sent++;
    STORE(a_stores, RING_A, sent);
    claim(a_stores, LINK_ASLEEP, old);
    if
    :: old == 1 -> notify(a_stores, BIT_A, old)
    :: else -> skip
    fi
  :: else -> break
  od;
  finished++
}

// One event for each publish.
proctype NotifierB() {
  byte sent, old;
  do
  :: sent < MESSAGES ->
    sent++;
    STORE(b_stores, RING_B, sent);
    notify(b_stores, BIT_B, old)
  :: else -> break
  od;
  finished++
}

// take_requests: loads the peer's index and takes all requests up to it.
#define TAKE_A LOAD(RING_A, seen_a)
#define TAKE_B LOAD(RING_B, seen_b)

// The link drains its ring and goes to sleep again: arm, and one more poll.
inline serve_a() {
  STORE(owner_stores, LINK_ASLEEP, 0);
  TAKE_A;
  do
  :: true ->
    ARM(owner_stores, LINK_ASLEEP);
#ifndef NO_RING_RECHECK
    before = seen_a;
    TAKE_A;
    if
    :: seen_a != before -> DISARM(owner_stores, LINK_ASLEEP)
    :: else -> break
    fi
#else
    break
#endif
  od;
  before = 0
}

// collect with room for both ports, C1 to C3, and C4: poll their rings. `fired` has the ports that were found.
inline collect(fired, old) {
  LOAD(SELECTOR, fired);
  if
  :: fired != 0 ->
    EXCHANGE(owner_stores, SELECTOR, 0, fired);
    LOAD(PENDING, fired);
    LOAD(MASK, old);
    fired = fired & (7 - old);
#ifndef CLEAR_AFTER_POLL
    if
    :: fired != 0 -> CLEAR_BITS(owner_stores, PENDING, fired)
    :: else -> skip
    fi;
#endif
    if
    :: (fired & BIT_A) != 0 -> serve_a()
    :: else -> skip
    fi;
    if
    :: (fired & BIT_B) != 0 -> TAKE_B
    :: else -> skip
    fi;
#ifdef CLEAR_AFTER_POLL
    if
    :: fired != 0 -> CLEAR_BITS(owner_stores, PENDING, fired)
    :: else -> skip
    fi;
#endif
  :: else -> skip
  fi
}

// unmask, U1 and U2.
inline unmask(port, old) {
  CLEAR_BITS(owner_stores, MASK, port);
#ifndef NO_UNMASK_RECHECK
  LOAD(PENDING, old);
  if
  :: (old & port) != 0 -> SET_BITS(owner_stores, SELECTOR, 1, old)
  :: else -> skip
  fi
#endif
}

// The owner serves the ports that fired, masks a port at times, unmasks it before it sleeps, and sleeps when none fired.
proctype Owner() {
  byte fired, old, before;
  bool masked;
  serve_a();  // a link sleeps once before anything can happen to it
work:
  collect(fired, old);
  if
  :: !masked -> masked = true; SET_BITS(owner_stores, MASK, BIT_B, old); goto work
  :: true -> skip
  fi;
  if
  :: masked -> unmask(BIT_B, old); masked = false
  :: else -> skip
  fi;
  ARM(owner_stores, DOMAIN_ASLEEP);
#ifndef NO_SELECTOR_RECHECK
  collect(fired, old);
  if
  :: fired != 0 -> DISARM(owner_stores, DOMAIN_ASLEEP); fired = 0; old = 0; goto work
  :: else -> skip
  fi;
#endif
  fired = 0;
  old = 0;
  // Doorbell::wait and drain.
end_asleep:
  d_step { bell -> bell = false };
  DISARM(owner_stores, DOMAIN_ASLEEP);
  goto work
}

// Stores reach memory in their order, at any time.
proctype StoreBuffer(chan stores) {
  byte word, value;
end_empty:
  do
  :: atomic { stores?word,value -> memory[word] = value; word = 0; value = 0 }
  od
}

// When no process can move any more, the owner must have seen every published index.
proctype Judge() {
end_rest:
  timeout -> assert(finished == 2 && seen_a == MESSAGES && seen_b == MESSAGES)
}

init {
  atomic {
    run StoreBuffer(owner_stores);
    run StoreBuffer(a_stores);
    run StoreBuffer(b_stores);
    run NotifierA();
    run NotifierB();
    run Owner();
    run Judge()
  }
}
