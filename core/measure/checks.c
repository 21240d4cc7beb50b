#include "measure/checks.h"

#include <stdlib.h>
#include <string.h>

#include "base/array.h"

/* The key of both tables: a name within a group. */
struct key {
    uint32_t group;
    const char *name;
    size_t n;
};

static uint64_t hash_check_key(const struct key *key)
{
    return index_hash(key->name, key->n, key->group + 1);
}

static bool same_name(const char *name, const struct key *key)
{
    return strncmp(name, key->name, key->n) == 0 && name[key->n] == '\0';
}

static bool equal_check(const void *ctx, const void *key, uint32_t position)
{
    const struct check *check = &((const struct checks *)ctx)->checks[position];
    return check->group == ((const struct key *)key)->group &&
           same_name(check->name, key);
}

static bool equal_group(const void *ctx, const void *key, uint32_t position)
{
    const struct check_group *group =
        &((const struct checks *)ctx)->groups[position];
    return group->parent == ((const struct key *)key)->group &&
           same_name(group->name, key);
}

/* The array with room for one more element: it may have moved. NULL when out
 * of memory, and the old one stays. */
static uint32_t add_group(struct checks *c, const struct key *key)
{
    struct check_group *groups =
        array_grow(c->groups, c->n_groups, &c->cap_groups, 16, sizeof *groups);
    char *name = strndup(key->name, key->n);
    if (groups)
        c->groups = groups;
    if (!groups || !name ||
        !index_add(&c->group_index, hash_check_key(key), c->n_groups)) {
        free(name);
        return INDEX_NONE;
    }
    groups[c->n_groups] = (struct check_group){
        .parent = key->group, .name = name, .merged_into = INDEX_NONE};
    return c->n_groups++;
}

static uint32_t add_check(struct checks *c, const struct key *key)
{
    struct check *checks =
        array_grow(c->checks, c->n_checks, &c->cap_checks, 16, sizeof *checks);
    char *name = strndup(key->name, key->n);
    if (checks)
        c->checks = checks;
    if (!checks || !name ||
        !index_add(&c->check_index, hash_check_key(key), c->n_checks)) {
        free(name);
        return INDEX_NONE;
    }
    checks[c->n_checks] = (struct check){
        .group = key->group, .name = name, .merged_into = INDEX_NONE};
    return c->n_checks++;
}

bool checks_init(struct checks *checks)
{
    *checks = (struct checks){0};
    struct key root = {.group = CHECKS_ROOT, .name = "", .n = 0};
    return add_group(checks, &root) == CHECKS_ROOT;
}

void checks_fini(struct checks *checks)
{
    for (uint32_t i = 0; i < checks->n_checks; i++)
        free(checks->checks[i].name);
    for (uint32_t i = 0; i < checks->n_groups; i++)
        free(checks->groups[i].name);
    free(checks->checks);
    free(checks->groups);
    index_fini(&checks->check_index);
    index_fini(&checks->group_index);
}

static const struct key other = {CHECKS_ROOT, "other", 5};

/* Returns the position of the group, which is made if there is room; otherwise
 * the position of `other`. Returns INDEX_NONE if out of memory. */
static uint32_t need_group(struct checks *c, uint32_t parent, const char *name,
                           size_t n)
{
    struct key key = {parent, name, n};
    uint32_t at =
        index_find(&c->group_index, hash_check_key(&key), equal_group, c, &key);
    if (at == INDEX_NONE && c->n_groups >= CHECKS_MAX) {
        c->overflowed = true;
        key = other;
        at = index_find(&c->group_index, hash_check_key(&key), equal_group, c,
                        &key);
    }
    return at == INDEX_NONE ? add_group(c, &key) : at;
}

/* Returns the position of a check, as need_group does for a group. */
static uint32_t need_check(struct checks *c, uint32_t group, const char *name,
                           size_t n)
{
    struct key key = {group, name, n};
    uint32_t at =
        index_find(&c->check_index, hash_check_key(&key), equal_check, c, &key);
    if (at == INDEX_NONE && c->n_checks >= CHECKS_MAX) {
        c->overflowed = true;
        key = other;
        at = index_find(&c->check_index, hash_check_key(&key), equal_check, c,
                        &key);
    }
    return at == INDEX_NONE ? add_check(c, &key) : at;
}

uint32_t checks_group(struct checks *c, uint32_t parent, const char *name,
                      size_t n)
{
    uint32_t group = need_group(c, parent, name, n);
    return group == INDEX_NONE ? CHECKS_ROOT : group;
}

void checks_count(struct checks *c, uint32_t group, const char *name, size_t n,
                  bool passed)
{
    uint32_t at = need_check(c, group, name, n);
    if (at == INDEX_NONE)
        return;
    if (passed)
        c->checks[at].n_passed++;
    else
        c->checks[at].n_failed++;
}

/* Recursive: groups nest as deep as the script's calls. */
static uint32_t group_target(struct checks *into, struct checks *from,
                             uint32_t at)
{
    struct check_group *group = &from->groups[at];
    if (group->merged_into == INDEX_NONE && at == CHECKS_ROOT)
        group->merged_into = CHECKS_ROOT;
    if (group->merged_into == INDEX_NONE) {
        uint32_t parent = group_target(into, from, group->parent);
        if (parent != INDEX_NONE)
            group->merged_into =
                need_group(into, parent, group->name, strlen(group->name));
    }
    return group->merged_into;
}

static uint32_t check_target(struct checks *into, struct checks *from,
                             struct check *check)
{
    if (check->merged_into == INDEX_NONE) {
        uint32_t group = group_target(into, from, check->group);
        if (group != INDEX_NONE)
            check->merged_into =
                need_check(into, group, check->name, strlen(check->name));
    }
    return check->merged_into;
}

bool checks_merge(struct checks *into, struct checks *from)
{
    bool ok = true;
    into->overflowed |= from->overflowed;
    for (uint32_t i = 0; i < from->n_groups; i++)
        ok = group_target(into, from, i) != INDEX_NONE && ok;
    for (uint32_t i = 0; i < from->n_checks; i++) {
        struct check *check = &from->checks[i];
        if (check->n_passed == 0 && check->n_failed == 0)
            continue;
        uint32_t at = check_target(into, from, check);
        if (at == INDEX_NONE) {
            ok = false;
            continue;
        }
        into->checks[at].n_passed += check->n_passed;
        into->checks[at].n_failed += check->n_failed;
        check->n_passed = check->n_failed = 0;
    }
    return ok;
}
