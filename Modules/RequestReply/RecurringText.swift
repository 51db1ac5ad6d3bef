/// A text that hardly changes from one message to the next, such as the name of a type. As long as its bytes are the same, they
/// are not made into a text again.
///
/// Holds a pointer, so it does not outlive the call that handed it out.
struct RecurringText {
    private var bytes = UnsafeRawBufferPointer(start: nil, count: 0)
    private(set) var text = ""
    /// How often it has become another one.
    private(set) var changes = 0

    /// Takes the bytes of the next text.
    /// - Returns: whether it is another one than before; `nil` where it is not UTF-8.
    @inline(__always)
    mutating func isChanged(by next: UnsafeRawBufferPointer) -> Bool? {
        if next.hasSameBytes(as: bytes) { return false }
        return change(to: next)
    }

    private mutating func change(to next: UnsafeRawBufferPointer) -> Bool? {
        guard let text = String(wire: next) else { return nil }
        bytes = next
        self.text = text
        changes += 1
        return true
    }
}
