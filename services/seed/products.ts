import type { Product } from '../product/product.ts';

/** A product of the first stock-taking: what it is and how many are there. */
interface SeedProduct {
  readonly product: Product;
  readonly stock: number;
}

const phone = (
  id: string,
  brand: string,
  name: string,
  category: string,
  amount: number,
  stock: number,
  description: string,
): SeedProduct => ({
  product: { id, brand, name, category, description, price: { amount, currency: 'EUR' } },
  stock,
});

/** The store's first catalogue, the same in every fresh environment and on a laptop. */
export const seedProducts: readonly SeedProduct[] = [
  phone(
    'aurora-12',
    'Nordlys',
    'Aurora 12',
    'flagship',
    99_900,
    120,
    '6.3 inch OLED, 256 GB, triple camera with 5x zoom.',
  ),
  phone(
    'aurora-12-max',
    'Nordlys',
    'Aurora 12 Max',
    'flagship',
    119_900,
    80,
    '6.8 inch OLED, 512 GB, two-day battery.',
  ),
  phone(
    'aurora-11',
    'Nordlys',
    'Aurora 11',
    'flagship',
    74_900,
    45,
    "6.2 inch OLED, 128 GB, last year's flagship.",
  ),
  phone(
    'fjord-mini',
    'Nordlys',
    'Fjord Mini',
    'compact',
    62_900,
    60,
    '5.4 inch OLED, 128 GB, fits one hand.',
  ),
  phone(
    'meridian-8-pro',
    'Castellan',
    'Meridian 8 Pro',
    'flagship',
    104_900,
    70,
    '6.7 inch LTPO, 256 GB, periscope camera.',
  ),
  phone(
    'meridian-8',
    'Castellan',
    'Meridian 8',
    'mid-range',
    54_900,
    150,
    '6.4 inch OLED, 128 GB, seven years of updates.',
  ),
  phone(
    'meridian-8-lite',
    'Castellan',
    'Meridian 8 Lite',
    'budget',
    29_900,
    300,
    '6.5 inch LCD, 128 GB, dual SIM.',
  ),
  phone(
    'origami-fold-3',
    'Tansu',
    'Origami Fold 3',
    'foldable',
    169_900,
    25,
    '7.8 inch folding screen, 512 GB, pen included.',
  ),
  phone(
    'origami-flip-3',
    'Tansu',
    'Origami Flip 3',
    'foldable',
    94_900,
    40,
    '6.7 inch folding screen, 256 GB, pocket size.',
  ),
  phone('basalt-x5', 'Granit', 'Basalt X5', 'rugged', 58_900, 35, 'IP69K, 10 600 mAh, replaceable battery.'),
  phone('pico-4a', 'Lumen', 'Pico 4a', 'budget', 19_900, 400, '6.1 inch LCD, 64 GB, headphone socket.'),
  phone('pico-4', 'Lumen', 'Pico 4', 'mid-range', 39_900, 180, '6.1 inch OLED, 128 GB, fast charging.'),
];
