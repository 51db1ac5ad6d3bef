package import NIOCore

/// Where a connection writes the messages that it sends. They begin with the same fields again and again, which are written once,
/// and the room is used again when the system has taken a message.
package struct MessageRoom {
    /// More room than this is not kept for the next message.
    static let keptBytes = 4_096

    private var buffer = ByteBuffer()
    /// What ``buffer`` begins with; `nil` where that has to be written.
    private var fields: ByteBuffer?

    package init() {}

    /// Writes a message.
    /// - Parameters:
    ///   - fields: everything up to the digits of the content length.
    ///   - body: whose length that is.
    ///   - isCarried: whether the body is written behind the empty line.
    package mutating func message(_ fields: ByteBuffer, body: ByteBuffer, carryingIt isCarried: Bool) -> ByteBuffer {
        if let known = self.fields, known == fields {
            // Where the system has not taken the message before, writing copies it.
            buffer.moveWriterIndex(to: fields.readableBytes)
        } else {
            buffer.clear(minimumCapacity: fields.readableBytes + 24 + (isCarried ? body.readableBytes : 0))
            buffer.writeImmutableBuffer(fields)
            self.fields = fields
        }
        buffer.write(contentLength: body.readableBytes, thenBody: isCarried ? body : nil)
        let message = buffer
        if buffer.capacity > Self.keptBytes {
            self = MessageRoom()
        }
        return message
    }
}
