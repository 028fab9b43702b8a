// What the steps of training are made of: products, activations, costs and updates on contiguous memory.
//
// kernels.cpp is compiled once for each instruction set into a table of function pointers; `kernels()` gives the
// best table that this processor can run. Letters as in the course: k columns (examples), n units, each column
// contiguous: unit i of column j stands at [j * n + i].
#pragma once

#include <cstdint>

namespace pellucid {

using Index = std::int64_t;

enum class Activation : int { relu, leaky_relu, elu, gelu, silu, tanh, sigmoid, softmax, identity, exp };

enum class Cost : int {
    binary_cross_entropy,
    categorical_cross_entropy,
    mean_squared_error,
    mean_absolute_error,
    huber,
    poisson,
};

enum class Rule : int { gradient_descent, momentum, heavy_ball, nesterov, rmsprop, adam, adamw };

// What a rule carries from step to step: a velocity, the squares.
inline bool keeps_v(Rule rule) { return rule != Rule::gradient_descent && rule != Rule::rmsprop; }
inline bool keeps_s(Rule rule) { return rule == Rule::rmsprop || rule == Rule::adam || rule == Rule::adamw; }

// A matrix somewhere in memory: element (i, j) at data[i * rows + j * columns], strides in elements.
template <class T>
struct View {
    T* data;
    Index rows;
    Index columns;
};

// Lists of numbers that are not 0: list q holds, from starts[q] to starts[q + 1], values[p] at rows[p].
template <class T>
struct Lists {
    const T* values;
    const std::uint16_t* rows;
    const Index* starts;
};

// A table whose columns stay encoded (pellucid.core.encoding), example by example: `values` (m, n_values), `fractions`
// (m, n_pieced), and `codes` (m, n_coded), first the pieces of the numbers that have some, then levels, -1: none.
template <class T>
struct EncodedRows {
    const T* values;
    const T* fractions;
    const std::int32_t* codes;
    Index n_values, n_pieced, n_coded;
    const Index* value_columns;  // (n_values) the column of W of each
    const Index* first_columns;  // (n_coded) that of the first piece or level of each
};

// One column of it: of numbers, the values and `size` pieces; or levels from .. from + size, values null.
template <class T>
struct EncodedColumn {
    const T* values;
    Index value_step;
    const T* fractions;
    Index fraction_step;
    const std::int32_t* codes;
    Index code_step;
    Index from, size;
};

// Numbers that the gradient of a column of so many pieces is added up in.
template <class T>
constexpr Index encoded_scratch(Index pieces) {
    return pieces * 2 * 8 * 64 / Index(sizeof(T));
}

// Rows that a list can name.
constexpr Index most_rows = 1 << 16;

// One step's numbers of the update rules.
template <class T>
struct Update {
    Rule rule;
    T rate, beta1, beta2, epsilon;
    T rest1, rest2;   // 1 - beta1 and 1 - beta2, taken before they lose digits
    T decay;         // adamw: rate * weight_decay for weights, 0 for biases
    T first, second;  // adam: 1 / (1 - beta1^t), 1 / (1 - beta2^t)
};

template <class T>
struct Kernels {
    const char* name;

    // C (n, q) = alpha L (n, K) R (K, q) + beta C + bias (n, or null) in every column; C's columns lie ldc apart.
    // `panel` holds `panel_size` numbers.
    void (*product)(T* C, Index ldc, View<const T> L, View<const T> R, Index n, Index q, Index K, T alpha, T beta,
                    const T* bias, T* panel);
    // z (k) = w (K) . column j of A (ld apart) + b, for every j: a layer of one unit forward.
    void (*dots)(T* z, const T* w, const T* A, Index ld, Index K, Index k, T b);
    // g (K) = alpha sum_j dz_j (column j of A) + beta g: its weights' gradient.
    void (*weighted_columns)(T* g, const T* dz, const T* A, Index ld, Index K, Index k, T alpha, T beta);
    // C (n, count) = alpha M S + beta C + bias (n, or null) in every column, columns ldc apart; column q of S is list
    // which[q] (null: first + q), and its rows the columns of M, ldm apart. Behind the last of these has to be one more
    // vector's room, which is read and left out.
    void (*sparse_product)(T* C, Index ldc, const T* M, Index ldm, Index n, const Lists<T>& lists,
                           const std::int64_t* which, Index first, Index count, T alpha, T beta, const T* bias);
    // Z (n, count) = W X + bias in every column, X the examples which[q] (null: first + q) of a table. `below` has, for each
    // piece, what the columns of W of the pieces below it add up to. Behind the last column of both has to be one more
    // vector's room.
    void (*encoded_product)(T* Z, Index ldz, const T* W, const T* below, Index n, const EncodedRows<T>& X,
                            const std::int64_t* which, Index first, Index count, const T* bias);
    // dW, from the column of W on which the column of the table begins, = alpha dZ X^T + beta dW. `scratch` holds
    // encoded_scratch(pieces) numbers.
    void (*encoded_gradient)(T* dW, const T* dZ, Index ldz, Index n, const EncodedColumn<T>& column,
                             const std::int64_t* which, Index first, Index count, T alpha, T beta, T* scratch);
    // s (n) = sum of the k columns of dZ, ld apart.
    void (*row_sums)(T* s, const T* dZ, Index ld, Index n, Index k);

    // A = g(Z + b) with one b (n, or null) for all k columns; A may be Z. Not softmax. Z becomes Z + b.
    void (*activate)(Activation g, T* A, T* Z, const T* b, Index n, Index k);
    // dA becomes dZ = dA g'(Z). Z is looked at by gelu and silu only, A by all others.
    void (*activate_backward)(Activation g, T* dA, const T* A, const T* Z, Index count);
    void (*softmax)(T* A, const T* Z, Index n, Index k);

    // The sum over k columns of w_j loss_j, w null: all 1; and dZ = w_j dloss_j / dZ. A is g(Z) on return.
    double (*cost)(Cost cost, Activation g, T* dZ, T* A, const T* Z, const T* Y, const T* w, Index n, Index k, T delta);

    void (*multiply)(T* out, const T* a, const T* b, Index count);
    // p follows g; v and s are the memory of the rule, where it has one.
    void (*update)(const Update<T>& how, T* p, const T* g, T* v, T* s, Index count);
    // g becomes scale g + l2 p + l1 sign(p); returns the sum of the squares of g.
    double (*penalise)(T* g, const T* p, T scale, T l2, T l1, Index count);
    // {sum p^2, sum |p|}
    void (*sizes)(const T* p, Index count, double* squares, double* absolutes);
    // The sum of 0 p: 0, or NaN where some p is not finite.
    double (*times_zero)(const T* p, Index count);

    // Elements first .. first + count of a mask of dropout: 1 / (1 - rate) where an element is kept, else 0. Element e is
    // kept where word e % 4 of block e / 4 is at least round(rate 2^32); a block is Philox4x32-10 of the counter (block,
    // layer, step's lower and upper half) and the key (seed's lower and upper half).
    void (*philox_mask)(T* M, std::uint64_t seed, std::uint32_t layer, std::uint64_t step, double rate,
                        std::uint64_t first, Index count);
};

// Numbers that `product` needs to copy into: two panels of L, 32 rows at the most, and 192 columns of R, both for 256 steps
// of K; and room to begin on a cache line.
constexpr Index packed_rows = 128, packed_columns = 264, longest_block = 256;
constexpr Index panel_size = (packed_rows + packed_columns) * longest_block + 16;

// The tables of the instruction sets that were compiled; null where this one was not.
namespace generic {
template <class T> const Kernels<T>& table();
}
namespace avx2 {
template <class T> const Kernels<T>& table();
}
namespace avx512 {
template <class T> const Kernels<T>& table();
}

// The best table for this processor; the environment variable PELLUCID_ISA (generic, avx2, avx512) asks for less.
template <class T>
const Kernels<T>& kernels();

}  // namespace pellucid
