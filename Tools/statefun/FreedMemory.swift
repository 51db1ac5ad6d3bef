import CAllocator

/// Memory that the process uses no more.
enum FreedMemory {
    /// So many bytes of it may stay for what comes next.
    static let kept = 32 << 20

    /// Gives back what a peak has left behind, some seconds after it, as long as the process lives.
    static func giveBackAfterPeaks() {
        Task.detached {
            while (try? await Task.sleep(for: .seconds(5))) != nil {
                _ = allocator_return_unused(kept)
            }
        }
    }
}
