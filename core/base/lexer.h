/* lexer.h -- reads the tokens of Lua 5.4's text.
 *
 * The lexer tells apart what is needed to find and to name the functions of a
 * text: names, keywords, strings, numbers and brackets. It skips blanks and
 * comments. It reports no error: the text is one that Lua has compiled, and at
 * the end of any other text it gives TOKEN_END.
 *
 * Path: sample/tables/chunk_functions.c -> [lexer]
 */
#ifndef BASE_LEXER_H
#define BASE_LEXER_H

#include <stddef.h>

enum token_kind {
    TOKEN_END,     /* the text has ended */
    TOKEN_NAME,    /* an identifier */
    TOKEN_STRING,  /* with its quotes or brackets */
    TOKEN_NUMBER,  /* a numeral */
    TOKEN_OTHER,   /* an operator or punctuation; if it is one character,
                          `character` holds it */
    TOKEN_KEYWORD, /* a keyword that has no kind of its own below */
    TOKEN_AND,
    TOKEN_DO,
    TOKEN_END_KEYWORD,
    TOKEN_FUNCTION,
    TOKEN_IF,
    TOKEN_LOCAL,
    TOKEN_OR,
    TOKEN_REPEAT,
    TOKEN_RETURN,
    TOKEN_UNTIL,
    TOKEN_VALUE, /* nil, true, false, not */
};

struct token {
    enum token_kind kind;
    char character;   /* of a TOKEN_OTHER of one character, else '\0' */
    const char *text; /* in the text of the lexer */
    size_t n;         /* bytes of the token */
    int line;         /* in which the token ends, as Lua counts lines */
};

struct lexer {
    const char *at, *end; /* the rest of the text */
    int line;             /* of `at`, from 1 on */
};

/* Returns a lexer at the start of the text, which must live as long. */
struct lexer lexer_begin(const char *text, size_t n);

/* Reads the next token. */
struct token lexer_next(struct lexer *lexer);

#endif
