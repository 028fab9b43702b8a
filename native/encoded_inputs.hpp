// The first layer of a table that stays encoded: its columns, and their gradient column by column.
#pragma once

#include <algorithm>
#include <stdexcept>
#include <vector>

#include "input_layer.hpp"

namespace pellucid {

// A column of a table among the inputs: of numbers (a value, and `size` pieces after it), or `size` levels.
struct EncodedBlock {
    Index column;     // the first of W
    Index value = -1;  // its place among the values; -1: none
    Index coded = -1;  // its place among the codes; -1: none
    Index size = 0;    // pieces or levels

    Index width() const { return size + (value >= 0); }
};

// Where the inputs of an encoded table are: the blocks follow each other in W.
struct EncodedLayout {
    std::vector<Index> value_columns, first_columns;
    std::vector<EncodedBlock> blocks;
    Index n_pieced = 0;

    // The columns of W of all values, and of the first piece or level of all codes, of which the first n_pieced are pieces.
    static EncodedLayout of(std::vector<Index> value_columns, std::vector<Index> first_columns,
                            const std::vector<Index>& sizes, Index n_pieced, Index n_x) {
        EncodedLayout layout{std::move(value_columns), std::move(first_columns), {}, n_pieced};
        for (std::size_t i = 0; i < layout.value_columns.size(); ++i)
            layout.blocks.push_back({layout.value_columns[i], Index(i), -1, 0});
        for (std::size_t i = 0; i < layout.first_columns.size(); ++i) {
            const Index first = layout.first_columns[i];
            if (Index(i) >= n_pieced) {
                layout.blocks.push_back({first, -1, Index(i), sizes[i]});
                continue;
            }
            const auto own = std::find_if(layout.blocks.begin(), layout.blocks.end(), [&](const EncodedBlock& block) {
                return block.value >= 0 && block.column == first - 1;
            });
            if (own == layout.blocks.end()) throw std::invalid_argument("pieces without a value");
            own->coded = Index(i), own->size = sizes[i];
        }
        const auto before = [](const EncodedBlock& a, const EncodedBlock& b) { return a.column < b.column; };
        std::sort(layout.blocks.begin(), layout.blocks.end(), before);
        Index next = 0;
        for (const EncodedBlock& block : layout.blocks) {
            if (block.column != next || (block.value < 0 && block.size <= 0))
                throw std::invalid_argument("columns of a table that are not all inputs");
            next += block.width();
        }
        if (next != n_x) throw std::invalid_argument("another number of inputs than the columns of the table have");
        return layout;
    }

    Index most_pieces() const {
        Index most = 0;
        for (const EncodedBlock& block : blocks)
            if (block.value >= 0) most = std::max(most, block.size);
        return most;
    }
};

// The arrays of the caller, (m, ...), row by row.
template <class T>
struct EncodedTable {
    const T *values, *fractions;
    const std::int32_t* codes;
    const EncodedLayout* layout;

    EncodedRows<T> rows() const {
        return {values, fractions, codes, Index(layout->value_columns.size()), layout->n_pieced,
                Index(layout->first_columns.size()), layout->value_columns.data(), layout->first_columns.data()};
    }
};

template <class T>
class EncodedInputs : public InputLayer<T> {
public:
    using InputLayer<T>::InputLayer;

    void assign(const EncodedTable<T>& table) {
        layout_ = *table.layout;
        rows_ = table.rows();
        rows_.value_columns = layout_.value_columns.data(), rows_.first_columns = layout_.first_columns.data();
        below_.reserve(layout_.n_pieced ? this->layer_.n * this->layer_.n_prev + 64 / Index(sizeof(T)) : 64);
        row_cuts_.clear();
    }

    // A gathered column takes as long as a multiplied one.
    double flops() const override {
        return 6 * double(this->layer_.n) * double(rows_.n_values + rows_.n_pieced + rows_.n_coded);
    }
    // dZ is read again for every column of the table.
    bool rereads() const override { return true; }
    bool gathers() const override { return false; }
    bool follows_weights() const override { return layout_.n_pieced > 0; }

    // What the pieces below each piece add up to.
    void follow_weights(const T* parameters, int threads, int t) override {
        const Layer& layer = this->layer_;
        for (std::size_t b = std::size_t(t); b < layout_.blocks.size(); b += std::size_t(threads)) {
            const EncodedBlock& block = layout_.blocks[b];
            if (block.value < 0 || block.size == 0) continue;
            const T* W = parameters + layer.W + (block.column + 1) * layer.n;
            T* below = below_.data() + (block.column + 1) * layer.n;
            std::fill_n(below, layer.n, T(0));
            for (Index i = 0; i < (block.size - 1) * layer.n; ++i) below[i + layer.n] = below[i] + W[i];
        }
    }

    void prepare(int threads, Index k) override {
        if (int(row_cuts_.size()) == threads + 1) return;
        scratches_.assign(std::size_t(threads), AlignedBuffer<T>(encoded_scratch<T>(layout_.most_pieces())));
        // Cut between the columns of the table, or the levels of one. In units of a column of dZ that is added up; the
        // update of a row's weights takes as long as 30 of them.
        std::vector<double> work(std::size_t(this->layer_.n_prev), 30);
        for (const EncodedBlock& block : layout_.blocks)
            for (Index i = 0; i < block.width(); ++i)
                work[std::size_t(block.column + i)] +=
                    double(k) * (block.value >= 0 ? (block.size ? 4 : 1) : 1) / double(block.width());
        row_cuts_ = cuts_of_equal_work(this->layer_.n_prev, threads, [&](Index p) { return work[std::size_t(p)]; });
        for (std::size_t i = 1; i + 1 < row_cuts_.size(); ++i) row_cuts_[i] = whole(row_cuts_[i]);
    }
    Share rows_of(int, int t) const override { return {row_cuts_[std::size_t(t)], row_cuts_[std::size_t(t) + 1]}; }

    void forward(const Chunk<T>& chunk, Share mine, const T* parameters, T* Z, Index ldz, T*) const override {
        const Layer& layer = this->layer_;
        this->kernels_.encoded_product(Z, ldz, parameters + layer.W, below_.data(), layer.n, rows_,
                                       chunk.which ? chunk.which + mine.from : nullptr, chunk.first + mine.from,
                                       mine.size(), parameters + layer.b);
    }

    void weight_gradient(const Chunk<T>& chunk, int threads, int t, T* dW, const T* dZ, Index ldz, T alpha, T beta,
                         T*) override {
        const Index n = this->layer_.n;
        const Share mine = rows_of(threads, t);
        for (const EncodedBlock& block : layout_.blocks) {
            const Index from = std::max(block.column, mine.from), to = std::min(block.column + block.width(), mine.to);
            if (from >= to) continue;
            EncodedColumn<T> column = {nullptr, 0, nullptr, 0, nullptr, rows_.n_coded, 0, block.size};
            if (block.coded >= 0) column.codes = rows_.codes + block.coded;
            if (block.value >= 0) {
                column.values = rows_.values + block.value, column.value_step = rows_.n_values;
                if (block.size) column.fractions = rows_.fractions + block.coded;
                column.fraction_step = layout_.n_pieced;
            } else {
                column.from = from - block.column, column.size = to - from;
            }
            this->kernels_.encoded_gradient(dW + from * n, dZ, ldz, n, column, chunk.which, chunk.first, chunk.k, alpha,
                                            beta, scratches_[std::size_t(t)].data());
        }
    }

    double skipped(const T* parameters, Share rows) const override {
        const Layer& layer = this->layer_;
        return this->kernels_.times_zero(parameters + layer.W + rows.from * layer.n, rows.size() * layer.n);
    }

private:
    // A cut in a column of numbers goes to its beginning.
    Index whole(Index cut) const {
        for (const EncodedBlock& block : layout_.blocks)
            if (block.value >= 0 && block.column < cut && cut < block.column + block.width()) return block.column;
        return cut;
    }

    EncodedLayout layout_;
    EncodedRows<T> rows_{};
    AlignedBuffer<T> below_;
    std::vector<AlignedBuffer<T>> scratches_;
    std::vector<Index> row_cuts_;
};

}  // namespace pellucid
