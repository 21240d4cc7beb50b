#include "handler/router.h"

#include <stdlib.h>
#include <string.h>

#include "base/percent.h"

/* A node stands for a path, or for the beginning of one. */
struct node {
    const struct segment *segment; /* NULL at a root and at wildcards */
    struct node *literals;         /* children, linked by `next` */
    struct node *next;
    struct node *wild;        /* the child for any other segment */
    const struct route *end;  /* serves a path that ends here, or NULL */
    const struct route *rest; /* serves a path that goes on, or NULL */
};

struct route {
    struct pattern pattern;
    uint32_t id;
    struct route *next;
};

/* The tree of one method. */
struct tree {
    char method[24]; /* "": any method */
    struct node root;
    struct tree *next;
};

struct router {
    struct route *routes;
    struct tree *trees; /* sorted by method */
};

struct router *router_new(void) { return calloc(1, sizeof(struct router)); }

static void free_children(struct node *node);

static void free_node(struct node *node)
{
    if (node)
        free_children(node);
    free(node);
}

static void free_children(struct node *node)
{
    free_node(node->wild);
    for (struct node *child = node->literals; child;) {
        struct node *next = child->next;
        free_node(child);
        child = next;
    }
}

void router_free(struct router *router)
{
    if (!router)
        return;
    for (struct tree *tree = router->trees; tree;) {
        struct tree *next = tree->next;
        free_children(&tree->root);
        free(tree);
        tree = next;
    }
    for (struct route *route = router->routes; route;) {
        struct route *next = route->next;
        pattern_fini(&route->pattern);
        free(route);
        route = next;
    }
    free(router);
}

/* Returns the tree of a method, or NULL if there is none. */
static struct tree *find_tree(const struct router *router, const char *method)
{
    struct tree *tree = router->trees;
    while (tree && strcmp(tree->method, method) != 0)
        tree = tree->next;
    return tree;
}

static struct tree *add_tree(struct router *router, const char *method)
{
    struct tree *tree = calloc(1, sizeof *tree);
    if (!tree)
        return NULL;
    strcpy(tree->method, method);
    struct tree **at = &router->trees;
    while (*at && strcmp((*at)->method, method) < 0)
        at = &(*at)->next;
    tree->next = *at;
    *at = tree;
    return tree;
}

static struct node *literal_child(struct node *node, const struct segment *s)
{
    for (struct node *child = node->literals; child; child = child->next)
        if (child->segment->len == s->len &&
            memcmp(child->segment->text, s->text, s->len) == 0)
            return child;
    struct node *child = calloc(1, sizeof *child);
    if (!child)
        return NULL;
    child->segment = s;
    child->next = node->literals;
    return node->literals = child;
}

static bool insert_route(struct node *node, const struct route *route)
{
    const struct pattern *p = &route->pattern;
    for (int i = 0; i < p->n_segments; i++) {
        const struct segment *s = &p->segments[i];
        if (s->kind == SEGMENT_REST) {
            node->rest = route;
            return true;
        }
        if (s->kind == SEGMENT_LITERAL) {
            node = literal_child(node, s);
        } else {
            if (!node->wild)
                node->wild = calloc(1, sizeof *node->wild);
            node = node->wild;
        }
        if (!node)
            return false;
    }
    node->end = route;
    return true;
}

static bool check_conflicts(const struct router *router,
                            const struct pattern *pattern, struct err *err)
{
    for (const struct route *r = router->routes; r; r = r->next)
        if (pattern_conflicts(pattern, &r->pattern, err))
            return false;
    return true;
}

bool router_add(struct router *router, const char *pattern, uint32_t id,
                struct err *err)
{
    struct route *route = calloc(1, sizeof *route);
    if (!route)
        return err_set(err, "out of memory");
    route->id = id;
    if (!pattern_parse(&route->pattern, pattern, err)) {
        free(route);
        return false;
    }
    bool unique = check_conflicts(router, &route->pattern, err);
    route->next = router->routes; /* the router owns the route from here on */
    router->routes = route;
    if (!unique)
        return false;

    char method[sizeof(((struct tree *)0)->method)] = "";
    if (route->pattern.method_len >= sizeof method)
        return err_set(err, "pattern '%s': the method is too long", pattern);
    memcpy(method, route->pattern.method, route->pattern.method_len);
    struct tree *tree = find_tree(router, method);
    if (!tree)
        tree = add_tree(router, method);
    if (!tree || !insert_route(&tree->root, route))
        return err_set(err, "out of memory");
    return true;
}

/* Returns true if a percent-encoded segment of a path is the literal. */
static bool equals_literal(const struct segment *literal, const char *start,
                           size_t len)
{
    char decoded[256];
    if (len <= sizeof decoded && memchr(start, '%', len)) {
        len = percent_decode(decoded, start, len);
        start = decoded;
    }
    return literal->len == len && memcmp(literal->text, start, len) == 0;
}

static void push_wildcard(struct router_match *m, const char *start, size_t len)
{
    m->values[m->n_values].start = start;
    m->values[m->n_values++].len = len;
}

/* Returns the route below `node` for the remaining path, or NULL. `at` is
 * behind a slash, or NULL if the path has ended. Tries the literal, then the
 * wildcard, then the rest; if a branch leads to no route, the next one is
 * tried. */
static const struct route *walk_path(const struct node *node, const char *at,
                                     struct router_match *m)
{
    if (!at)
        return node->end;
    size_t len = strcspn(at, "/");
    const char *after = at[len] ? at + len + 1 : NULL;
    for (const struct node *child = node->literals; child; child = child->next)
        if (equals_literal(child->segment, at, len)) {
            const struct route *route = walk_path(child, after, m);
            if (route)
                return route;
            break;
        }
    if (node->wild && len > 0) {
        push_wildcard(m, at, len);
        const struct route *route = walk_path(node->wild, after, m);
        if (route)
            return route;
        m->n_values--;
    }
    if (node->rest)
        push_wildcard(m, at, strlen(at));
    return node->rest;
}

static const struct route *
find_in_tree(const struct tree *tree, const char *path, struct router_match *m)
{
    m->n_values = 0;
    if (!tree || path[0] != '/')
        return NULL;
    return walk_path(&tree->root, path + 1, m);
}

bool router_find(const struct router *router, const char *method,
                 const char *path, struct router_match *match)
{
    const struct route *route =
        find_in_tree(find_tree(router, method), path, match);
    if (!route && strcmp(method, "HEAD") == 0)
        route = find_in_tree(find_tree(router, "GET"), path, match);
    if (!route)
        route = find_in_tree(find_tree(router, ""), path, match);
    if (!route)
        return false;
    match->route = route->id;
    match->pattern = &route->pattern;
    return true;
}

bool router_allow(const struct router *router, const char *path,
                  struct buf *out)
{
    struct router_match m;
    bool any = false;
    bool has_head = find_in_tree(find_tree(router, "HEAD"), path, &m);
    for (const struct tree *tree = router->trees; tree; tree = tree->next) {
        if (!tree->method[0] || !find_in_tree(tree, path, &m))
            continue;
        buf_puts(out, any ? ", " : "");
        buf_puts(out, tree->method);
        if (strcmp(tree->method, "GET") == 0 && !has_head)
            buf_puts(out, ", HEAD");
        any = true;
    }
    return any;
}
