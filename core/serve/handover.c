#include "serve/handover.h"

#include <stddef.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"

#define PICK_UP_NS INT64_C(20000000)

/* The thread that changes the state gets the socket, and leaves it to the other
 * thread to free the struct. */
enum handover_state {
    ON_ITS_WAY,
    PICKED_UP,  /* by the worker */
    TAKEN_BACK, /* by the admin thread */
};

/* A socket in the mailbox of a worker. */
struct handover {
    struct mailbox_message message;
    struct handover_receiver *receiver;
    int fd;
    _Atomic enum handover_state state;
    int64_t deadline_ns;   /* [admin] */
    struct list_link link; /* [admin] */
};

static void change_count(struct handover_receiver *r, int by)
{
    atomic_fetch_add_explicit(&r->n_connections, (unsigned)by,
                              memory_order_relaxed);
}

/* Serves the socket unless it was taken back. [worker] */
static void on_handover(struct mailbox_message *message)
{
    struct handover *h = container_of(message, struct handover, message);
    struct handover_receiver *r = h->receiver;
    int fd = h->fd;
    if (atomic_exchange(&h->state, PICKED_UP) == TAKEN_BACK)
        free(h);
    else /* `h` may be freed already */
        r->serve(r->ctx, fd);
}

static bool has_offer_room(const struct handover_offers *o)
{
    return atomic_load(&o->n_made) - atomic_load(&o->n_taken) <
           HANDOVER_MAX_OFFERS;
}

/* Offers a socket. There must be room: then the last socket of the slot was
 * taken, and no worker uses the slot. */
static void put_offer(struct handover_offers *o, int fd)
{
    unsigned n = atomic_load(&o->n_made);
    atomic_store(&o->fds[n % HANDOVER_MAX_OFFERS], fd);
    atomic_store(&o->n_made, n + 1);
}

/* Takes the oldest offer. Returns -1 if nothing is on offer. A slot is
 * overwritten only after n_taken has passed it, and then the exchange here
 * fails, so a stale `fd` is never returned. [worker] */
static int take_offer(struct handover_offers *o)
{
    int fd;
    unsigned n = atomic_load(&o->n_taken);
    do {
        if (n == atomic_load(&o->n_made))
            return -1;
        fd = atomic_load(&o->fds[n % HANDOVER_MAX_OFFERS]);
    } while (!atomic_compare_exchange_weak(&o->n_taken, &n, n + 1));
    return fd;
}

/* Serves what is on offer, one socket after the other: while a handler runs
 * here other workers can take the rest. [worker] */
static void on_offer(struct mailbox_message *message)
{
    struct handover_receiver *r =
        container_of(message, struct handover_receiver, offer_message);
    int fd;
    /* The flag is cleared before the offers are read, so the admin thread
     * announces any offer that this worker does not see. */
    atomic_store(&r->is_offer_posted, false);
    while ((fd = take_offer(r->offers)) >= 0) {
        change_count(r, 1);
        r->serve(r->ctx, fd);
    }
}

static void announce_offers(struct handovers *hs)
{
    list_each (struct handover_receiver, r, &hs->receivers, link)
        if (!atomic_exchange(&r->is_offer_posted, true))
            mailbox_post(r->mailbox, &r->offer_message);
}

/* Takes an overdue socket back and offers it. Returns false if its worker has
 * picked it up meanwhile. */
static bool take_back(struct handovers *hs, struct handover *h)
{
    struct handover_receiver *r = h->receiver;
    int fd = h->fd;
    enum handover_state expected = ON_ITS_WAY;
    list_remove(&h->link);
    if (!atomic_compare_exchange_strong(&h->state, &expected, TAKEN_BACK)) {
        free(h);
        return false;
    }
    change_count(r, -1);
    put_offer(&hs->offers, fd);
    hs->n_taken_back++;
    hs->taken_back(hs->ctx, r);
    return true;
}

static struct handover *oldest_of(const struct handovers *hs)
{
    struct list_link *link = list_first(&hs->on_their_way);
    return link ? container_of(link, struct handover, link) : NULL;
}

/* Frees handovers that were picked up and takes back overdue sockets. The list
 * is in the order of the deadlines, because all sockets have the same time. */
static void check_handovers(struct handovers *hs)
{
    int64_t now_ns = clock_mono_ns();
    bool any = false;
    struct handover *h;
    while ((h = oldest_of(hs))) {
        if (atomic_load(&h->state) == PICKED_UP) {
            list_remove(&h->link);
            free(h);
        } else if (now_ns >= h->deadline_ns && has_offer_room(&hs->offers)) {
            any |= take_back(hs, h);
        } else {
            break;
        }
    }
    if (any)
        announce_offers(hs);
}

static void on_handover_timer(uv_timer_t *timer);

static void start_timer(struct handovers *hs, const struct handover *oldest)
{
    int64_t wait_ns = oldest->deadline_ns - clock_mono_ns();
    if (wait_ns <= 0)
        wait_ns = PICK_UP_NS; /* overdue, but there is no room for an offer */
    uv_timer_start(&hs->timer, on_handover_timer,
                   (uint64_t)wait_ns / 1000000 + 1, 0);
}

static void on_handover_timer(uv_timer_t *timer)
{
    struct handovers *hs = timer->data;
    check_handovers(hs);
    const struct handover *oldest = oldest_of(hs);
    if (oldest)
        start_timer(hs, oldest);
}

void handovers_open(struct handovers *hs, uv_loop_t *loop,
                    void (*taken_back)(void *ctx,
                                       const struct handover_receiver *),
                    void *ctx)
{
    *hs = (struct handovers){.taken_back = taken_back, .ctx = ctx};
    uv_timer_init(loop, &hs->timer);
    hs->timer.data = hs;
}

void handovers_add(struct handovers *hs, struct handover_receiver *r)
{
    atomic_init(&r->n_connections, 0);
    atomic_init(&r->is_offer_posted, false);
    r->offer_message.deliver = on_offer;
    r->offers = &hs->offers;
    list_append(&hs->receivers, &r->link);
}

void handovers_post(struct handovers *hs, struct handover_receiver *r, int fd)
{
    struct handover *h = malloc(sizeof *h);
    if (!h) {
        close(fd);
        return;
    }
    check_handovers(hs);
    *h = (struct handover){.message.deliver = on_handover,
                           .receiver = r,
                           .fd = fd,
                           .state = ON_ITS_WAY,
                           .deadline_ns = clock_mono_ns() + PICK_UP_NS};
    list_append(&hs->on_their_way, &h->link);
    change_count(r, 1);
    mailbox_post(r->mailbox, &h->message);
    if (!uv_is_active((uv_handle_t *)&hs->timer))
        start_timer(hs, oldest_of(hs));
}

unsigned handovers_n_offered(const struct handovers *hs)
{
    return atomic_load(&hs->offers.n_made) - atomic_load(&hs->offers.n_taken);
}

void handovers_close(struct handovers *hs)
{
    uv_close((uv_handle_t *)&hs->timer, NULL);
}

void handovers_fini(struct handovers *hs)
{
    list_each (struct handover, h, &hs->on_their_way, link)
        free(h); /* its worker has picked the socket up before it stopped */
}

unsigned handover_receiver_n_connections(const struct handover_receiver *r)
{
    return atomic_load_explicit(&r->n_connections, memory_order_relaxed);
}

void handover_receiver_closed(struct handover_receiver *r)
{
    change_count(r, -1);
}
