internal import NIOCore

extension ConnectionHandler {
    /// A request whose turn has not come.
    struct Waiting {
        let head: RequestHead
        let target: String
        var body = ByteBuffer()

        mutating func append(_ part: ByteBuffer) {
            if body.readableBytes == 0 {
                body = part
            } else {
                body.writeImmutableBuffer(part)
            }
        }
    }

    /// A request that is being answered.
    struct Begun {
        let number: Int
        let isHead: Bool
        let isLast: Bool
        let byteCount: Int
        /// Whether the next request may begin before this one is answered.
        var isAlone = true
        /// What there is to be sent, after the answers to earlier requests.
        var answer: HTTPAnswer?
    }
}
