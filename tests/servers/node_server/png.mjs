/** PNG files of two plain colours. */
import { deflateSync } from "node:zlib";

const SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
const PALETTE = Buffer.from([0x1f, 0x3a, 0x5f, 0xe0, 0x9f, 0x3e]);
const BIT_DEPTH = 1;
const INDEXED_COLOUR = 3;

const CRC_TABLE = Array.from({ length: 256 }, (_, index) => crcOfByte(index));

/**
 * Encodes a picture whose upper half has one colour and whose lower half has the other.
 *
 * @param {number} width
 * @param {number} height
 * @returns {Buffer}
 */
export function encodePng(width, height) {
    return Buffer.concat([
        SIGNATURE,
        encodeChunk("IHDR", encodeHeader(width, height)),
        encodeChunk("PLTE", PALETTE),
        encodeChunk("IDAT", deflateSync(drawRows(width, height), { level: 9 })),
        encodeChunk("IEND", Buffer.alloc(0)),
    ]);
}

/**
 * Encodes the header of a picture.
 *
 * @param {number} width
 * @param {number} height
 * @returns {Buffer}
 */
function encodeHeader(width, height) {
    const header = Buffer.alloc(13);
    header.writeUInt32BE(width, 0);
    header.writeUInt32BE(height, 4);
    header[8] = BIT_DEPTH;
    header[9] = INDEXED_COLOUR;
    return header;
}

/**
 * Draws the rows, each behind its filter byte.
 *
 * @param {number} width
 * @param {number} height
 * @returns {Buffer}
 */
function drawRows(width, height) {
    const rowLength = 1 + Math.ceil(width / 8);
    const rows = Buffer.alloc(rowLength * height);
    for (let row = height >> 1; row < height; row += 1) {
        rows.fill(0xff, row * rowLength + 1, (row + 1) * rowLength);
    }
    return rows;
}

/**
 * Encodes one chunk of a file.
 *
 * @param {string} type
 * @param {Buffer} data
 * @returns {Buffer}
 */
function encodeChunk(type, data) {
    const content = Buffer.concat([Buffer.from(type, "latin1"), data]);
    const length = Buffer.alloc(4);
    length.writeUInt32BE(data.length);
    const checksum = Buffer.alloc(4);
    checksum.writeUInt32BE(crcOf(content));
    return Buffer.concat([length, content, checksum]);
}

/**
 * Returns the checksum of some bytes.
 *
 * @param {Buffer} bytes
 * @returns {number}
 */
function crcOf(bytes) {
    // Node 18 has no zlib.crc32.
    let crc = 0xffffffff;
    for (const byte of bytes) {
        crc = CRC_TABLE[(crc ^ byte) & 0xff] ^ (crc >>> 8);
    }
    return (crc ^ 0xffffffff) >>> 0;
}

/**
 * Returns the entry of one byte in the table of checksums.
 *
 * @param {number} byte
 * @returns {number}
 */
function crcOfByte(byte) {
    let crc = byte;
    for (let bit = 0; bit < 8; bit += 1) {
        crc = crc & 1 ? 0xedb88320 ^ (crc >>> 1) : crc >>> 1;
    }
    return crc;
}
