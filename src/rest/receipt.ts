export { receiptHeader } from '../exchange/receipt-header.js';
