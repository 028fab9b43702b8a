// Memory that starts on a cache line.
#pragma once

#include <algorithm>
#include <cstdlib>
#include <new>
#include <utility>

#include "kernels.hpp"

namespace pellucid {

// A block of numbers, zero at first, aligned to 64 bytes.
template <class T>
class AlignedBuffer {
public:
    AlignedBuffer() = default;
    explicit AlignedBuffer(Index count) : count_(std::max<Index>(count, 0)) {
        if (count <= 0) return;
        data_ = static_cast<T*>(::operator new(std::size_t(count) * sizeof(T), std::align_val_t(64)));
        std::fill_n(data_, count, T(0));
    }
    AlignedBuffer(const AlignedBuffer& other) : AlignedBuffer(other.count_) {
        std::copy_n(other.data_, count_, data_);
    }
    AlignedBuffer(AlignedBuffer&& other) noexcept
        : data_(std::exchange(other.data_, nullptr)), count_(std::exchange(other.count_, 0)) {}
    AlignedBuffer& operator=(AlignedBuffer other) noexcept {
        std::swap(data_, other.data_);
        std::swap(count_, other.count_);
        return *this;
    }
    ~AlignedBuffer() { ::operator delete(data_, std::align_val_t(64)); }

    // Hold at least so many numbers. What was there is lost where it grows; what grows again grows by an eighth.
    void reserve(Index count) {
        if (count > count_) *this = AlignedBuffer(count_ ? std::max(count, count_ + count_ / 8) : count);
    }

    T* data() { return data_; }
    const T* data() const { return data_; }
    Index size() const { return count_; }
    T& operator[](Index i) { return data_[i]; }
    const T& operator[](Index i) const { return data_[i]; }

private:
    T* data_ = nullptr;
    Index count_ = 0;
};

}  // namespace pellucid
