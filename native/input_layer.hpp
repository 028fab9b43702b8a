// The first layer, by what its inputs are: dense, mostly zeros, or the triangle of the short cut. encoded_inputs.hpp has
// tables.
//
// A kind of inputs is a class here: how it brings a chunk's columns together, multiplies them forward and for dW, and
// shares that work out. `Examples` chooses among them; nothing else knows which one it is.
#pragma once

#include <cstring>
#include <memory>
#include <vector>

#include "layers.hpp"
#include "memory.hpp"
#include "partition.hpp"
#include "sparse_columns.hpp"

namespace pellucid {

// Some columns of the examples that go through the network together: of a step, or of an evaluation.
template <class T>
struct Chunk {
    const std::int64_t* which;  // null: first, first + 1, ...
    Index first, k;
    bool whole;           // all examples, in their order
    View<const T> A0{};   // where the inputs are, of a kind that has them as a matrix
};

template <class T>
class InputLayer {
public:
    explicit InputLayer(const Layer& layer) : kernels_(kernels<T>()), layer_(layer) {}
    virtual ~InputLayer() = default;

    // Work for one column, in the multiplications and additions of a product.
    virtual double flops() const { return 6 * double(layer_.n * layer_.n_prev); }
    // Whether a chunk is turned before dW, what of each column is kept for that, and how many columns a chunk may have.
    virtual bool transposes() const { return false; }
    virtual Index transposed_bytes() const { return 0; }
    virtual Index most_columns() const { return Index(1) << 60; }
    // Whether dZ is read again and again for dW, so that a chunk should stay in the cache.
    virtual bool rereads() const { return transposes(); }
    // Whether something is computed of W before it is multiplied: by `follow_weights`, share t of it, in every step.
    virtual bool follows_weights() const { return false; }
    virtual void follow_weights(const T*, int, int) {}
    // Whether a step on all examples has to be taken in one chunk.
    virtual bool only_whole() const { return false; }
    // Whether columns that are not neighbours have to be copied side by side.
    virtual bool gathers() const { return true; }

    // Set A0 to where the inputs are; `room`, columns ld apart, is for copies.
    virtual void locate(Chunk<T>&, T*, Index) const {}
    // Copy the columns of a share there.
    virtual void gather(const Chunk<T>&, Share, T*, Index) const {}

    // Have ready what shares are cut by, and room for chunks of so many columns.
    virtual void prepare(int, Index) {}
    virtual Share columns_of(const Chunk<T>& chunk, int threads, int t) const { return even_share(chunk.k, threads, t); }
    // Inputs, which are columns of W.
    virtual Share rows_of(int threads, int t) const { return even_share(layer_.n_prev, threads, t); }

    // Z (n, share) = W A0 + b, in columns ldz apart.
    virtual void forward(const Chunk<T>& chunk, Share mine, const T* parameters, T* Z, Index ldz, T* panel) const = 0;
    // Columns rows_of(threads, t) of dW (n, n_prev) = alpha dZ A0^T + beta dW.
    virtual void weight_gradient(const Chunk<T>& chunk, int threads, int t, T* dW, const T* dZ, Index ldz, T alpha, T beta,
                                 T* panel) = 0;
    // What inputs that are left out, times the weights of a share of the rows, would add to the cost: 0, or NaN where
    // such a weight is not finite.
    virtual double skipped(const T*, Share) const { return 0; }

protected:
    const Kernels<T>& kernels_;
    Layer layer_;
};

// A matrix in memory, in any order.
template <class T>
class DenseInputs : public InputLayer<T> {
public:
    using InputLayer<T>::InputLayer;
    DenseInputs(const Layer& layer, View<const T> X) : InputLayer<T>(layer), X_(X) {}
    void assign(View<const T> X) { X_ = X; }

    void locate(Chunk<T>& chunk, T* room, Index ld) const override {
        chunk.A0 = chunk.which ? View<const T>{room, 1, ld}
                               : View<const T>{X_.data + chunk.first * X_.columns, X_.rows, X_.columns};
    }

    void gather(const Chunk<T>& chunk, Share mine, T* room, Index ld) const override {
        const Index n = this->layer_.n_prev;
        for (Index j = mine.from; chunk.which && j < mine.to; ++j) {
            const T* from = X_.data + chunk.which[j] * X_.columns;
            T* to = room + j * ld;
            if (X_.rows == 1) {
                if (j + 1 < mine.to) __builtin_prefetch(X_.data + chunk.which[j + 1] * X_.columns);
                std::memcpy(to, from, std::size_t(n) * sizeof(T));
            } else {
                for (Index i = 0; i < n; ++i) to[i] = from[i * X_.rows];
            }
        }
    }

    void forward(const Chunk<T>& chunk, Share mine, const T* parameters, T* Z, Index ldz, T* panel) const override {
        linear_forward(this->kernels_, this->layer_, parameters, columns(chunk, mine.from), Z, ldz, mine.size(),
                       this->layer_.n_prev, panel);
    }

    void weight_gradient(const Chunk<T>& chunk, int threads, int t, T* dW, const T* dZ, Index ldz, T alpha, T beta,
                         T* panel) override {
        const Share rows = this->rows_of(threads, t);
        linear_gradients(this->kernels_, this->layer_, dW, dZ, ldz, chunk.A0, chunk.k, rows.from, rows.to, alpha, beta,
                         panel);
    }

protected:
    static View<const T> columns(const Chunk<T>& chunk, Index from) {
        return {chunk.A0.data + from * chunk.A0.columns, chunk.A0.rows, chunk.A0.columns};
    }

    View<const T> X_{};
};

// A matrix whose columns end in zeros at different depths, as the triangle of the short cut does: all its work lies in
// half of its rows and columns. Known for all examples in their order; other batches are dense.
template <class T>
class TriangularInputs : public DenseInputs<T> {
public:
    using DenseInputs<T>::DenseInputs;

    // False where the zeros save little: a picture's empty last rows are not worth the smaller blocks.
    bool assign(View<const T> X, Index m, double work_of_rest) {
        const Index n = this->layer_.n_prev;
        this->X_ = X, m_ = m, rest_ = work_of_rest;
        column_cuts_.clear(), row_cuts_.clear();
        if (X.rows != 1 || m <= 1) return false;
        depths_.resize(std::size_t(m));
        Index sum = 0;
        for (Index j = 0; j < m; ++j) {
            Index depth = n;
            while (depth > 0 && X.data[j * X.columns + depth - 1] == T(0)) --depth;
            depths_[std::size_t(j)] = depth;
            sum += depth;
            if (sum > n * m * 6 / 10) return false;
        }
        firsts_.assign(std::size_t(n), m);
        for (Index j = m - 1; j >= 0; --j) std::fill_n(firsts_.begin(), depths_[std::size_t(j)], j);
        return true;
    }

    bool only_whole() const override { return true; }

    void prepare(int threads, Index) override {
        if (int(row_cuts_.size()) == threads + 1) return;
        // What a column costs beside its first layer, in rows of that layer, and a row before its first column: small
        // products are slow ones. Measured.
        column_cuts_ = cuts_of_equal_work(m_, threads, [&](Index j) { return double(depths_[std::size_t(j)]) + rest_; });
        row_cuts_ = cuts_of_equal_work(this->layer_.n_prev, threads,
                                       [&](Index p) { return double(m_ - firsts_[std::size_t(p)]) + 60; });
    }

    Share columns_of(const Chunk<T>& chunk, int threads, int t) const override {
        if (!chunk.whole) return even_share(chunk.k, threads, t);
        return {column_cuts_[std::size_t(t)], column_cuts_[std::size_t(t) + 1]};
    }
    Share rows_of(int, int t) const override { return {row_cuts_[std::size_t(t)], row_cuts_[std::size_t(t) + 1]}; }

    // Blocks of columns, each as deep as its deepest.
    void forward(const Chunk<T>& chunk, Share mine, const T* parameters, T* Z, Index ldz, T* panel) const override {
        if (!chunk.whole) return DenseInputs<T>::forward(chunk, mine, parameters, Z, ldz, panel);
        for (Index j = mine.from; j < mine.to; j += block) {
            const Index end = std::min(j + block, mine.to);
            const Index depth = *std::max_element(depths_.begin() + j, depths_.begin() + end);
            linear_forward(this->kernels_, this->layer_, parameters, this->columns(chunk, j), Z + (j - mine.from) * ldz,
                           ldz, end - j, depth, panel);
        }
    }

    // Columns that end above row p have nothing to say about it.
    void weight_gradient(const Chunk<T>& chunk, int threads, int t, T* dW, const T* dZ, Index ldz, T alpha, T beta,
                         T* panel) override {
        if (!chunk.whole)
            return DenseInputs<T>::weight_gradient(chunk, threads, t, dW, dZ, ldz, alpha, beta, panel);
        const Share rows = rows_of(threads, t);
        for (Index p = rows.from; p < rows.to; p += block) {
            const Index end = std::min(p + block, rows.to), from = firsts_[std::size_t(p)];
            linear_gradients(this->kernels_, this->layer_, dW, dZ + from * ldz, ldz, this->columns(chunk, from),
                             chunk.k - from, p, end, alpha, beta, panel);
        }
    }

private:
    // Columns at a time: one register block of a product, 10 % faster than two.
    static constexpr Index block = 12;

    Index m_ = 0;
    double rest_ = 0;
    // Of each column, how many rows stand above its last zeros; of each row, the first column that is deeper.
    std::vector<Index> depths_, firsts_;
    std::vector<Index> column_cuts_, row_cuts_;
};

// What is not 0, in lists: for inputs that are mostly zeros.
template <class T>
class SparseInputs : public InputLayer<T> {
public:
    using InputLayer<T>::InputLayer;

    // False, and nothing kept, where leaving the zeros out saves little.
    bool assign(View<const T> X, Index m, Team& team, int threads) {
        row_cuts_.clear();
        return columns_.assign(X, this->layer_.n_prev, m, worthwhile(m), team, threads);
    }

    // Half the speed of a product.
    double flops() const override { return 8 * double(this->layer_.n) * double(columns_.mean_length()); }
    bool transposes() const override { return true; }
    Index transposed_bytes() const override {
        return Index(columns_.mean_length()) * Index(sizeof(T) + sizeof(std::uint16_t));
    }
    Index most_columns() const override { return most_rows; }
    bool gathers() const override { return false; }

    void prepare(int threads, Index k) override {
        transposed_.reserve(k * columns_.longest(), this->layer_.n_prev, threads);
        if (int(row_cuts_.size()) == threads + 1) return;
        // The update of a row's weights takes as long as 30 entries, in a batch of 200.
        const double each = 200 / double(columns_.size());
        row_cuts_ = cuts_of_equal_work(this->layer_.n_prev, threads,
                                       [&](Index p) { return double(columns_.row_entries()[std::size_t(p)]) * each + 30; });
    }
    Share rows_of(int, int t) const override { return {row_cuts_[std::size_t(t)], row_cuts_[std::size_t(t) + 1]}; }

    void forward(const Chunk<T>& chunk, Share mine, const T* parameters, T* Z, Index ldz, T*) const override {
        const Layer& layer = this->layer_;
        const std::int64_t* which = chunk.which ? chunk.which + mine.from : nullptr;
        this->kernels_.sparse_product(Z, ldz, parameters + layer.W, layer.n, layer.n, columns_.lists(), which,
                               chunk.first + mine.from, mine.size(), T(1), T(0), parameters + layer.b);
    }

    void weight_gradient(const Chunk<T>& chunk, int threads, int t, T* dW, const T* dZ, Index ldz, T alpha, T beta,
                         T*) override {
        const Layer& layer = this->layer_;
        const Share rows = rows_of(threads, t);
        const Lists<T> lists =
            transposed_.transpose(columns_.lists(), layer.n_prev, chunk.which, chunk.first, chunk.k, rows, t);
        this->kernels_.sparse_product(dW + rows.from * layer.n, layer.n, dZ, ldz, layer.n, lists, nullptr, 0, rows.size(), alpha,
                               beta, nullptr);
    }

    double skipped(const T* parameters, Share rows) const override {
        const Layer& layer = this->layer_;
        return this->kernels_.times_zero(parameters + layer.W + rows.from * layer.n, rows.size() * layer.n);
    }

private:
    // How many entries are worth it: at most this part of the inputs, in less than half of their own bytes. Layers of few
    // units gain less, and lose what finding the entries takes: 8 of float32 from a tenth on.
    Index worthwhile(Index m) const {
        constexpr double most_entries = 0.3, bytes_for_all = 512;
        const Index count = this->layer_.n_prev * m, starts = (m + 1) * Index(sizeof(Index));
        const Index room = (count * Index(sizeof(T)) / 2 - starts) / Index(sizeof(T) + sizeof(std::uint16_t));
        const double bytes = double(this->layer_.n) * double(sizeof(T));
        return std::min(Index(std::min(most_entries, bytes / bytes_for_all) * double(count)), room);
    }

    SparseColumns<T> columns_;
    TransposedBatch<T> transposed_;
    std::vector<Index> row_cuts_;
};

}  // namespace pellucid
