/* The Alert Storm rule in C, one policy, one thread: the limit that Tidegate's kernel is measured against.
 *
 * The count of a stream is kept: an Alert adds one when it arrives and takes one
 * when it leaves the window. Slots of 32 bytes, aligned, two to a cache line;
 * memory is asked for AHEAD Alerts before it is used, at both ends of the queue.
 * Only streams over the threshold have a row of their own.
 *
 * It gives the totals by Alert Code, the storms and the number of different
 * streams, as a replay of Tidegate without decisions does. It checks nothing: its
 * caller gives Alerts in receipt order.
 */

#define _DEFAULT_SOURCE
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define AHEAD 32
#define NEVER INT64_MIN
#define FIRST (1u << 14)
#define LARGE_PAGE ((size_t)1 << 21)

typedef struct {
    uint64_t device_id;
    uint32_t alert_code, recipient;
    int64_t last_at; /* NEVER: an empty slot */
    uint32_t count, trouble;
} Slot;

typedef struct {
    int64_t at;
    uint64_t slot;
} Leaving;

typedef struct {
    int64_t last_forwarded, started_at; /* started_at NEVER: no storm */
    int64_t received, throttled;
    uint32_t untold, is_used;
} Trouble;

typedef struct {
    uint64_t device_id;
    uint32_t alert_code, recipient;
    int64_t started_at, ended_at, received, throttled;
} Storm;

typedef struct {
    int64_t threshold, clears_at, window_us, one_in, every_us;
    const uint8_t *is_excluded; /* by number of the code */
    int64_t *received_by_code, *throttled_by_code;

    Slot *slots;
    uint64_t mask, used;
    Leaving *queue;
    uint64_t queue_mask, head, length;
    Trouble *trouble;
    uint32_t *free_trouble;
    uint64_t troubles, free_troubles;
    Storm *storms;
    uint64_t storms_count, storms_room;
    int counts_streams;
    uint64_t *seen;
    uint64_t seen_mask, seen_count;
    uint64_t *fresh;
    uint64_t fresh_room;
} Kernel;

/* Large tables in large pages, as numpy has them: a small page is another miss for every stream. */
static void *aligned(size_t bytes) {
    size_t page = bytes < LARGE_PAGE ? 64 : LARGE_PAGE;
    bytes = (bytes + page - 1) & ~(page - 1);
    void *memory = aligned_alloc(page, bytes);
    if (!memory) abort();
#ifdef MADV_HUGEPAGE
    if (page == LARGE_PAGE) madvise(memory, bytes, MADV_HUGEPAGE);
#endif
    return memory;
}

static void *resized(void *memory, size_t bytes) {
    memory = realloc(memory, bytes);
    if (!memory) abort();
    return memory;
}

static Slot *empty_slots(uint64_t capacity) {
    Slot *slots = aligned(capacity * sizeof(Slot));
    memset(slots, 0, capacity * sizeof(Slot));
    for (uint64_t i = 0; i < capacity; i++) slots[i].last_at = NEVER;
    return slots;
}

static inline uint64_t hash_of(uint64_t device_id, uint32_t code, uint32_t to) {
    uint64_t h = device_id * 0x9E3779B97F4A7C15u;
    h ^= h >> 32;
    h += (((uint64_t)code << 32) | to) * 0xC2B2AE3D27D4EB4Fu;
    h ^= h >> 29;
    h *= 0xD6E8FEB86659FD93u;
    return h ^ (h >> 32);
}

static inline int is_forgotten(const Slot *s) { return s->count == 0 && s->trouble == 0; }

static inline uint64_t find(const Slot *slots, uint64_t mask, uint64_t h, uint64_t device_id, uint32_t code,
                            uint32_t to) {
    uint64_t at = h & mask, forgotten = UINT64_MAX;
    for (; slots[at].last_at != NEVER; at = (at + 1) & mask) {
        const Slot *s = &slots[at];
        if (s->device_id == device_id && s->alert_code == code && s->recipient == to) return at;
        if (forgotten == UINT64_MAX && is_forgotten(s)) forgotten = at;
    }
    return forgotten == UINT64_MAX ? at : forgotten;
}

static void grow_slots(Kernel *k) {
    uint64_t live = 0, capacity = FIRST;
    for (uint64_t i = 0; i <= k->mask; i++) live += k->slots[i].last_at != NEVER && !is_forgotten(&k->slots[i]);
    while (capacity * 5 / 16 < live) capacity *= 2;
    Slot *larger = empty_slots(capacity);
    uint64_t *moved_to = calloc(k->mask + 1, sizeof *moved_to);
    if (!moved_to) abort();
    for (uint64_t i = 0; i <= k->mask; i++) {
        Slot *s = &k->slots[i];
        if (s->last_at == NEVER || is_forgotten(s)) continue;
        uint64_t h = hash_of(s->device_id, s->alert_code, s->recipient);
        moved_to[i] = find(larger, capacity - 1, h, s->device_id, s->alert_code, s->recipient);
        larger[moved_to[i]] = *s;
    }
    for (uint64_t i = 0; i <= k->queue_mask; i++) k->queue[i].slot = moved_to[k->queue[i].slot];
    free(moved_to);
    free(k->slots);
    k->slots = larger;
    k->mask = capacity - 1;
    k->used = live;
}

static void grow_queue(Kernel *k) {
    uint64_t room = k->queue_mask + 1;
    Leaving *larger = aligned(2 * room * sizeof(Leaving));
    for (uint64_t i = 0; i < room; i++) larger[i] = k->queue[(k->head + i) & k->queue_mask];
    memset(larger + room, 0, room * sizeof(Leaving));
    free(k->queue);
    k->queue = larger;
    k->queue_mask = 2 * room - 1;
    k->head = 0;
}

static uint32_t new_trouble(Kernel *k, int64_t last_forwarded) {
    if (k->free_troubles == 0) {
        uint64_t room = k->troubles;
        k->trouble = resized(k->trouble, 2 * room * sizeof(Trouble));
        k->free_trouble = resized(k->free_trouble, 2 * room * sizeof(uint32_t));
        memset(k->trouble + room, 0, room * sizeof(Trouble));
        for (uint64_t i = 0; i < room; i++) k->free_trouble[k->free_troubles++] = (uint32_t)(2 * room - 1 - i);
        k->troubles = 2 * room;
    }
    uint32_t row = k->free_trouble[--k->free_troubles];
    k->trouble[row] = (Trouble){.last_forwarded = last_forwarded, .started_at = NEVER, .is_used = 1};
    return row;
}

static void keep_storm(Kernel *k, const Slot *s, const Trouble *it, int64_t ended_at) {
    if (k->storms_count == k->storms_room) {
        k->storms_room *= 2;
        k->storms = resized(k->storms, k->storms_room * sizeof(Storm));
    }
    k->storms[k->storms_count++] = (Storm){s->device_id,   s->alert_code, s->recipient, it->started_at,
                                           ended_at,       it->received,  it->throttled};
}

static inline void forget(Kernel *k, uint64_t at) {
    Slot *slots = k->slots;
    if (slots[(at + 1) & k->mask].last_at != NEVER) return; /* others may have been probed past it */
    for (; slots[at].last_at != NEVER && is_forgotten(&slots[at]); at = (at - 1) & k->mask) {
        slots[at].last_at = NEVER;
        k->used--;
    }
}

static inline void leave(Kernel *k, int64_t now) {
    while (k->length && k->queue[k->head].at <= now - k->window_us) {
        __builtin_prefetch(&k->slots[k->queue[(k->head + AHEAD) & k->queue_mask].slot], 1, 3);
        Leaving gone = k->queue[k->head];
        Slot *s = &k->slots[gone.slot];
        s->count--;
        if (s->trouble) {
            Trouble *it = &k->trouble[s->trouble];
            if (it->started_at != NEVER && s->count <= k->clears_at) {
                keep_storm(k, s, it, gone.at + k->window_us);
                it->started_at = NEVER;
            }
            if (it->started_at == NEVER && !it->untold) {
                it->is_used = 0;
                k->free_trouble[k->free_troubles++] = s->trouble;
                s->trouble = 0;
            }
        }
        if (is_forgotten(s)) forget(k, gone.slot);
        k->head = (k->head + 1) & k->queue_mask;
        k->length--;
    }
}

static void count_streams(Kernel *k, uint64_t fresh) {
    while ((k->seen_count + fresh) * 5 / 3 > k->seen_mask + 1) {
        uint64_t mask = 2 * k->seen_mask + 1;
        uint64_t *larger = aligned((mask + 1) * 8);
        memset(larger, 0, (mask + 1) * 8);
        for (uint64_t i = 0; i <= k->seen_mask; i++) {
            if (!k->seen[i]) continue;
            uint64_t at = (k->seen[i] >> 1) & mask;
            while (larger[at]) at = (at + 1) & mask;
            larger[at] = k->seen[i];
        }
        free(k->seen);
        k->seen = larger;
        k->seen_mask = mask;
    }
    for (uint64_t i = 0; i < fresh; i++) {
        if (i + AHEAD < fresh) __builtin_prefetch(&k->seen[(k->fresh[i + AHEAD] >> 1) & k->seen_mask], 1, 3);
        uint64_t print = k->fresh[i] | 1, at = (print >> 1) & k->seen_mask;
        while (k->seen[at] && k->seen[at] != print) at = (at + 1) & k->seen_mask;
        if (!k->seen[at]) {
            k->seen[at] = print;
            k->seen_count++;
        }
    }
}

Kernel *kernel_new(int64_t threshold, int64_t clears_at, int64_t window_us, int64_t one_in, int64_t every_us,
                   const uint8_t *is_excluded, int64_t *received_by_code, int64_t *throttled_by_code,
                   int counts_streams) {
    Kernel *k = calloc(1, sizeof *k);
    if (!k) abort();
    k->threshold = threshold;
    k->clears_at = clears_at;
    k->window_us = window_us;
    k->one_in = one_in;
    k->every_us = every_us;
    k->is_excluded = is_excluded;
    k->received_by_code = received_by_code;
    k->throttled_by_code = throttled_by_code;
    k->counts_streams = counts_streams;
    k->slots = empty_slots(FIRST);
    k->mask = k->queue_mask = k->seen_mask = FIRST - 1;
    k->queue = aligned(FIRST * sizeof(Leaving));
    memset(k->queue, 0, FIRST * sizeof(Leaving));
    k->seen = aligned(FIRST * 8);
    memset(k->seen, 0, FIRST * 8);
    k->troubles = 1024;
    k->trouble = calloc(k->troubles, sizeof(Trouble));
    k->free_trouble = malloc(k->troubles * sizeof(uint32_t));
    for (uint64_t i = k->troubles - 1; i > 0; i--) k->free_trouble[k->free_troubles++] = (uint32_t)i;
    k->storms_room = 1024;
    k->storms = malloc(k->storms_room * sizeof(Storm));
    return k;
}

void kernel_receive(Kernel *k, int64_t n, const int64_t *received_at, const uint64_t *device_id,
                    const uint32_t *alert_code, const uint32_t *recipient) {
    uint64_t hashes[AHEAD], fresh = 0;
    if ((uint64_t)n > k->fresh_room) {
        k->fresh_room = (uint64_t)n;
        free(k->fresh);
        k->fresh = aligned(k->fresh_room * 8);
    }
    for (int64_t i = 0; i < n && i < AHEAD; i++) {
        hashes[i] = hash_of(device_id[i], alert_code[i], recipient[i]);
        __builtin_prefetch(&k->slots[hashes[i] & k->mask], 1, 3);
    }
    for (int64_t i = 0; i < n; i++) {
        uint64_t h = hashes[i % AHEAD];
        if (i + AHEAD < n) {
            uint64_t ahead = hash_of(device_id[i + AHEAD], alert_code[i + AHEAD], recipient[i + AHEAD]);
            hashes[i % AHEAD] = ahead;
            __builtin_prefetch(&k->slots[ahead & k->mask], 1, 3);
        }
        int64_t at = received_at[i];
        uint32_t code = alert_code[i];
        k->received_by_code[code]++;
        if (k->is_excluded[code]) {
            k->fresh[fresh++] = h;
            continue;
        }
        if (k->used >= (k->mask + 1) / 8 * 5) grow_slots(k);
        leave(k, at);
        if (k->length > k->queue_mask) grow_queue(k);

        uint64_t place = find(k->slots, k->mask, h, device_id[i], code, recipient[i]);
        Slot *s = &k->slots[place];
        int64_t before = s->last_at;
        if (is_forgotten(s)) {
            k->used += before == NEVER;
            s->device_id = device_id[i];
            s->alert_code = code;
            s->recipient = recipient[i];
            k->fresh[fresh++] = h;
        }
        s->last_at = at;
        int64_t count = ++s->count;
        k->queue[(k->head + k->length++) & k->queue_mask] = (Leaving){at, place};

        if (!s->trouble) {
            if (count <= k->threshold) continue;
            s->trouble = new_trouble(k, before);
        }
        Trouble *it = &k->trouble[s->trouble];
        if (it->started_at == NEVER && count > k->threshold) {
            it->started_at = at;
            it->received = it->throttled = 0;
        }
        if (it->started_at != NEVER) {
            it->received++;
            if (it->untold + 1 < k->one_in && at - it->last_forwarded < k->every_us) {
                it->untold++;
                it->throttled++;
                k->throttled_by_code[code]++;
                continue;
            }
        }
        it->untold = 0;
        it->last_forwarded = at;
    }
    if (n) leave(k, received_at[n - 1]);
    if (k->counts_streams) count_streams(k, fresh);
}

/* What still runs joins the storms, `ended_at` NEVER; the kernel is not used any more but to read and free. */
void kernel_finish(Kernel *k) {
    for (uint64_t i = 0; i <= k->mask; i++) {
        Slot *s = &k->slots[i];
        if (s->last_at != NEVER && s->trouble && k->trouble[s->trouble].started_at != NEVER)
            keep_storm(k, s, &k->trouble[s->trouble], NEVER);
    }
}

const Storm *kernel_storms(const Kernel *k) { return k->storms; }
uint64_t kernel_storms_count(const Kernel *k) { return k->storms_count; }
uint64_t kernel_streams(const Kernel *k) { return k->seen_count; }

void kernel_free(Kernel *k) {
    free(k->slots);
    free(k->queue);
    free(k->trouble);
    free(k->free_trouble);
    free(k->storms);
    free(k->seen);
    free(k->fresh);
    free(k);
}
