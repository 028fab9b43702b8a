// Memory that starts on a cache line.
#pragma once

#include <cstdlib>
#include <new>
#include <utility>

#include "kernels.hpp"

namespace pellucid {

// A block of numbers, zero at first, aligned to 64 bytes.
template <class T>
class Numbers {
public:
    Numbers() = default;
    explicit Numbers(Index count) : count_(count) {
        if (count <= 0) return;
        data_ = static_cast<T*>(::operator new(std::size_t(count) * sizeof(T), std::align_val_t(64)));
        for (Index i = 0; i < count; ++i) data_[i] = T(0);
    }
    Numbers(const Numbers& other) : Numbers(other.count_) {
        for (Index i = 0; i < count_; ++i) data_[i] = other.data_[i];
    }
    Numbers(Numbers&& other) noexcept
        : data_(std::exchange(other.data_, nullptr)), count_(std::exchange(other.count_, 0)) {}
    Numbers& operator=(Numbers other) noexcept {
        std::swap(data_, other.data_);
        std::swap(count_, other.count_);
        return *this;
    }
    ~Numbers() { ::operator delete(data_, std::align_val_t(64)); }

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
