#include "client/resolver.h"

#include <stdlib.h>
#include <string.h>

#include "client/url.h"

#define GOOD_FOR_MS (5 * UINT64_C(60000))

struct resolver_entry {
    struct resolver_entry *next;
    uv_loop_t *loop;
    char name[URL_HOST_MAX + 1];
    struct host host; /* n_addresses is 0 if not known */
    uv_getaddrinfo_t request;
    uint64_t good_until_ms; /* on the loop's clock */
    bool asking;
    struct list lookups; /* lookups that wait for the answer */
};

void resolver_init(struct resolver *resolver, uv_loop_t *loop)
{
    *resolver = (struct resolver){.loop = loop};
}

void resolver_fini(struct resolver *resolver)
{
    while (resolver->entries) {
        struct resolver_entry *entry = resolver->entries;
        resolver->entries = entry->next;
        free(entry);
    }
}

/* Parses a numeric address, which needs no lookup. */
static bool parse_digits(const char *name, struct host *host)
{
    struct sockaddr_storage *address = &host->addresses[0];
    if (uv_ip4_addr(name, 0, (struct sockaddr_in *)address) == 0 ||
        uv_ip6_addr(name, 0, (struct sockaddr_in6 *)address) == 0)
        host->n_addresses = 1;
    return host->n_addresses > 0;
}

static struct resolver_entry *find_entry(struct resolver *resolver,
                                         const char *name)
{
    for (struct resolver_entry *e = resolver->entries; e; e = e->next)
        if (strcmp(e->name, name) == 0)
            return e;
    struct resolver_entry *entry = calloc(1, sizeof *entry);
    if (!entry)
        return NULL;
    strncpy(entry->name, name, URL_HOST_MAX);
    if (parse_digits(name, &entry->host))
        entry->good_until_ms = UINT64_MAX;
    entry->loop = resolver->loop;
    entry->next = resolver->entries;
    resolver->entries = entry;
    return entry;
}

static void keep_addresses(struct host *host, const struct addrinfo *found)
{
    host->n_addresses = host->preferred = 0;
    for (; found && host->n_addresses < RESOLVER_ADDRESSES_MAX;
         found = found->ai_next)
        memcpy(&host->addresses[host->n_addresses++], found->ai_addr,
               found->ai_addrlen);
}

static void on_answer(uv_getaddrinfo_t *request, int status,
                      struct addrinfo *found)
{
    struct resolver_entry *entry = request->data;
    entry->asking = false;
    if (status == 0 && found)
        keep_addresses(&entry->host, found);
    uv_freeaddrinfo(found);
    if (entry->host.n_addresses > 0)
        status = 0;
    else if (status == 0)
        status = UV_EAI_NODATA;
    entry->good_until_ms = uv_now(entry->loop) + GOOD_FOR_MS;
    struct list answered; /* `done` may start another lookup */
    struct list_link *link;
    list_move(&entry->lookups, &answered);
    while ((link = list_take(&answered))) {
        struct lookup *lookup = container_of(link, struct lookup, in_entry);
        lookup->done(lookup, status == 0 ? &entry->host : NULL, status);
    }
}

void resolver_ask(struct resolver *resolver, const char *name,
                  struct lookup *lookup)
{
    static const struct addrinfo hints = {.ai_family = AF_UNSPEC,
                                          .ai_socktype = SOCK_STREAM};
    struct resolver_entry *entry = find_entry(resolver, name);
    if (!entry) {
        lookup->done(lookup, NULL, UV_ENOMEM);
        return;
    }
    if (entry->host.n_addresses > 0 &&
        uv_now(resolver->loop) < entry->good_until_ms) {
        lookup->done(lookup, &entry->host, 0);
        return;
    }
    if (!entry->asking) {
        entry->request.data = entry;
        int status = uv_getaddrinfo(resolver->loop, &entry->request, on_answer,
                                    name, NULL, &hints);
        if (status < 0) {
            lookup->done(lookup, NULL, status);
            return;
        }
        entry->asking = true;
    }
    list_prepend(&entry->lookups, &lookup->in_entry);
}

void resolver_cancel(struct lookup *lookup) { list_remove(&lookup->in_entry); }
